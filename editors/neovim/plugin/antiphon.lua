-- The command :Antiphon. No server is started before `require("antiphon").setup()`.
vim.api.nvim_create_user_command("Antiphon", function(call)
  require("antiphon.commands").run(call)
end, {
  nargs = "+",
  range = true,
  desc = "Antiphon: explain, docstring, chat [question], status",
  complete = function(_, line)
    return require("antiphon.commands").complete(line)
  end,
})

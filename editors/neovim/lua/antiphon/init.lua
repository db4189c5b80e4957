---Antiphon for Neovim: starts the language server and shows what it says through Neovim's own LSP client.
---It holds no prompt, no model and no provider: all of that is the server's.
local M = {}

---Keys of Insert mode while ghost text is shown; `false` leaves one unset.
---@class antiphon.Keys
---@field accept? string|false
---@field dismiss? string|false
---@field next? string|false
---@field previous? string|false

---@class antiphon.Options
---@field cmd? string[] how the server is started
---@field filetypes? string[] default: all
---@field root_markers? string[] files that mark the root of a project
---@field settings? table the server's settings, as in its settings file
---@field keys? antiphon.Keys
local defaults = {
  cmd = { "antiphon", "serve", "--stdio" },
  root_markers = { ".antiphon.toml", ".git" },
  settings = {},
  keys = { accept = "<Tab>", dismiss = "<C-]>", next = "<M-n>", previous = "<M-p>" },
}

---@class antiphon.Status
---@field state "ready"|"busy"|"warning"|"error"
---@field message string a sentence for a person
---@field reason? string a stable code, such as "auth-failed"

---@type table<integer, antiphon.Status> what each server said last, by client id
local statuses = {}

---@type table<string, lsp.Handler>
local handlers = {
  ["antiphon/status"] = function(_, status, context)
    statuses[context.client_id] = status
    vim.cmd.redrawstatus({ bang = true })
  end,
  ["antiphon/session/update"] = function(_, params)
    require("antiphon.chat").update(params)
  end,
}

---Give the client that serves the current buffer; another one of ours when it has none, as in the chat.
---@return vim.lsp.Client?
function M.client()
  local name = "antiphon"
  return vim.lsp.get_clients({ name = name, bufnr = 0 })[1] or vim.lsp.get_clients({ name = name })[1]
end

---@param message string
---@param level? integer one of `vim.log.levels`
function M.notify(message, level)
  vim.notify("Antiphon: " .. message, level or vim.log.levels.INFO)
end

---Give the last status of the server of the current buffer; nil before it has told one.
---@return antiphon.Status?
function M.status()
  local client = M.client()
  return client and statuses[client.id]
end

---What a statusline shows: "" without a server, "Antiphon", "Antiphon …" while it works, or what is wrong.
---@return string
function M.statusline()
  local status = M.status()
  if not status or status.state == "ready" then
    return M.client() and "Antiphon" or ""
  end
  local trouble = status.reason ~= "" and status.reason or status.state
  return status.state == "busy" and "Antiphon …" or ("Antiphon: " .. trouble)
end

---Start the server for every file from now on. Call it once, in your init.lua.
---@param options? antiphon.Options
function M.setup(options)
  options = vim.tbl_deep_extend("force", defaults, options or {})
  if vim.fn.executable(options.cmd[1]) == 0 then
    local advice = "`%s` is not on your PATH. Install it, or say in setup() how `cmd` starts it."
    return M.notify(advice:format(options.cmd[1]), vim.log.levels.WARN)
  end
  local settings = next(options.settings) and options.settings or vim.empty_dict() -- {} would be sent as a list
  vim.lsp.config("antiphon", {
    cmd = options.cmd,
    filetypes = options.filetypes,
    root_markers = options.root_markers,
    init_options = settings,
    settings = { antiphon = settings },
    capabilities = { experimental = { antiphon = { explanations = true } } },
    handlers = handlers,
    commands = require("antiphon.commands").handlers,
    on_attach = function(_, bufnr)
      require("antiphon.ghost").attach(bufnr, options.keys)
    end,
  })
  vim.lsp.enable("antiphon")
end

return M

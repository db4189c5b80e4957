---The command :Antiphon, and what is done with the answers of the server's commands.
local antiphon = require("antiphon")
local split = require("antiphon.split")

local M = {}

---Make a client-side handler: it has the server run the command, and shows the answer.
---@param show fun(result: table)
---@return fun(command: lsp.Command, context: lsp.HandlerContext)
local function shown_by(show)
  return function(command, context)
    local client = assert(vim.lsp.get_client_by_id(context.client_id))
    local params = { command = command.command, arguments = command.arguments }
    vim.cmd.redraw() -- a menu that is still on the screen would ask for <Enter>
    vim.api.nvim_echo({ { ("Antiphon: %s …"):format(command.title) } }, false, {})
    client:request("workspace/executeCommand", params, function(err, result)
      vim.api.nvim_echo({ { "" } }, false, {})
      if err then
        antiphon.notify(err.message, vim.log.levels.ERROR)
      else
        show(result)
      end
    end, context.bufnr)
  end
end

---The server's commands whose answer is shown here, whether a code action or :Antiphon calls them.
M.handlers = {
  ["antiphon.explain"] = shown_by(function(result)
    split.write(split.open("antiphon://explanation", false), result.text)
  end),
  ["antiphon.docstring"] = shown_by(function(result)
    if not result.applied then
      antiphon.notify(result.message or "no docstring was written.", vim.log.levels.WARN)
    end
  end),
}

---@class antiphon.Call what is used of a user command's arguments
---@field fargs string[]
---@field range integer 0 when no lines are given
---@field line1 integer
---@field line2 integer

---Make a subcommand that runs a command of the server on the lines of the call, or else at the cursor.
---@param name string
---@param title string
---@return fun(call: antiphon.Call, client: vim.lsp.Client)
local function at_place(name, title)
  return function(call, client)
    local params = vim.lsp.util.make_range_params(0, client.offset_encoding)
    if call.range > 0 then
      local columns = vim.str_utfindex(vim.fn.getline(call.line2), client.offset_encoding)
      params.range = {
        start = { line = call.line1 - 1, character = 0 },
        ["end"] = { line = call.line2 - 1, character = columns },
      }
    end
    local where = { uri = params.textDocument.uri, range = params.range }
    client:exec_cmd({ title = title, command = name, arguments = { where } })
  end
end

---@type table<string, fun(call: antiphon.Call, client: vim.lsp.Client)>
local subcommands = {
  explain = at_place("antiphon.explain", "Explain"),
  docstring = at_place("antiphon.docstring", "Write docstring"),
  chat = function(call, client)
    local question = table.concat(call.fargs, " ", 2)
    require("antiphon.chat").ask(client, question, call.range > 0 and { call.line1, call.line2 } or nil)
  end,
  status = function()
    local status = antiphon.status() or { state = "ready", message = "" }
    antiphon.notify(vim.trim(status.state .. ". " .. status.message))
  end,
}

---Run `:[range]Antiphon SUBCOMMAND …`.
---@param call antiphon.Call
function M.run(call)
  local subcommand, client = subcommands[call.fargs[1]], antiphon.client()
  if not subcommand then
    antiphon.notify("what it can do: " .. table.concat(M.complete(""), ", "), vim.log.levels.WARN)
  elseif not client then
    antiphon.notify("no server runs for this file yet; `:checkhealth vim.lsp` may say why.", vim.log.levels.WARN)
  else
    subcommand(call, client)
  end
end

---Complete the subcommand in a command line.
---@param line string
---@return string[]
function M.complete(line)
  local begun = line:match("Antiphon%s+(.*)$") or ""
  return vim.tbl_filter(function(name)
    return vim.startswith(name, begun)
  end, vim.fn.sort(vim.tbl_keys(subcommands)))
end

return M

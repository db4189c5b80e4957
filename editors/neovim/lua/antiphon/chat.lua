---The chat: one conversation, in a split. The server remembers it, this shows it.
local antiphon = require("antiphon")
local split = require("antiphon.split")

local M = {}

---@class antiphon.Chat
---@field bufnr integer
---@field client vim.lsp.Client
---@field busy boolean while an answer is on its way
---@field session_id? string once the server has opened the session
local chat ---@type antiphon.Chat?

---What is said when an answer did not come to its own end.
local endings = {
  cancelled = "\n\n*Cancelled.*",
  max_tokens = "\n\n*Cut off at the token limit.*",
  refusal = "\n\n*The model refused to answer.*",
}

---Stop the answer that is on its way. What has come stays.
local function cancel()
  if chat and chat.busy and chat.session_id then
    chat.client:notify("antiphon/session/cancel", { sessionId = chat.session_id })
  end
end

---Show the conversation; begin one if there is none, or if its server is gone.
---@param client vim.lsp.Client
---@return antiphon.Chat
local function open(client)
  local bufnr = split.open("antiphon://chat", true)
  if chat and chat.bufnr == bufnr and not chat.client:is_stopped() then
    return chat
  end
  chat = { bufnr = bufnr, client = client, busy = false }
  vim.wo.winbar = "Antiphon   <CR> ask   <C-c> cancel   q close"
  vim.keymap.set("n", "<C-c>", cancel, { buffer = bufnr, desc = "Antiphon: cancel the answer" })
  vim.keymap.set("n", "<CR>", "<Cmd>Antiphon chat<CR>", { buffer = bufnr, desc = "Antiphon: ask a follow-up question" })
  vim.api.nvim_create_autocmd("BufWipeout", {
    buffer = bufnr,
    callback = function()
      cancel()
      chat = nil
    end,
  })
  return chat
end

---Give the current file, or lines of it, as a content block and as a name; nothing if it is not open in the server.
---@param client vim.lsp.Client
---@param lines? [integer, integer] first and last, from 1
---@return table? block, string? name
local function attachment(client, lines)
  if not vim.lsp.buf_is_attached(0, client.id) then
    return nil
  end
  local uri, name = vim.uri_from_bufnr(0), vim.fn.expand("%:.")
  if not lines then
    return { type = "resource_link", uri = uri, name = name }, name
  end
  local place = ("#L%d-L%d"):format(lines[1], lines[2])
  local text = table.concat(vim.fn.getline(lines[1], lines[2]), "\n")
  return { type = "resource", resource = { uri = uri .. place, text = text } }, name .. place
end

---Send a request of the conversation. An error ends the turn and is shown in its place.
---@param asking antiphon.Chat
---@param method string
---@param params table
---@param answered fun(result: table)
local function request(asking, method, params, answered)
  asking.client:request("antiphon/session/" .. method, params, function(err, result)
    if chat ~= asking then -- closed meanwhile
      return
    elseif err then
      asking.busy = false
      split.append(asking.bufnr, ("*%s*\n\n"):format(err.message))
    else
      answered(result)
    end
  end)
end

---Ask a question, in the conversation that is open or in a new one.
---@param client vim.lsp.Client
---@param question string "" asks the person for it
---@param lines? [integer, integer] attach these lines instead of the whole file
function M.ask(client, question, lines)
  if question == "" then
    return vim.ui.input({ prompt = "Ask Antiphon: " }, function(answer)
      return (answer or "") ~= "" and M.ask(client, answer, lines)
    end)
  elseif chat and chat.busy and not chat.client:is_stopped() then
    return antiphon.notify("an answer is on its way; <C-c> in the chat cancels it.")
  end
  local block, name = attachment(client, lines)
  local asking = open(client)
  local function send()
    local params = { sessionId = asking.session_id, prompt = { { type = "text", text = question }, block } }
    request(asking, "prompt", params, function(result)
      asking.busy = false
      split.append(asking.bufnr, (endings[result.stopReason] or "") .. "\n\n")
    end)
  end
  asking.busy = true
  local attached = name and ("\n\n`%s`"):format(name) or ""
  split.append(asking.bufnr, ("## You\n\n%s%s\n\n## Antiphon\n\n"):format(question, attached))
  if asking.session_id then
    return send()
  end
  request(asking, "new", { cwd = client.root_dir or vim.fn.getcwd(), mcpServers = {} }, function(result)
    asking.session_id = result.sessionId
    send()
  end)
end

---Take what the server says in a session.
---@param params { sessionId: string, update: { sessionUpdate: string, content?: { text: string } } }
function M.update(params)
  if chat and chat.session_id == params.sessionId and params.update.sessionUpdate == "agent_message_chunk" then
    split.append(chat.bufnr, params.update.content.text)
  end
end

return M

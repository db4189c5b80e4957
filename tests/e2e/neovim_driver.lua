-- The init.lua of a Neovim under test: loads the plugin as a person would, and takes orders on standard input.
--
-- An order is a line of JSON: { keys, expression, patience_s }. The keys are typed as a person's are, through the
-- input queue. Then a timer looks at the expression until it is true, while Neovim's loop runs as usual. The answer is
-- a line of JSON: { value, happened }, with the last value of the expression; or { error }.

vim.opt.runtimepath:prepend(vim.env.ANTIPHON_TEST_PLUGIN)
require("antiphon").setup(vim.json.decode(vim.env.ANTIPHON_TEST_OPTIONS))

-- What the expressions ask.
local seen = {}
_G.seen = seen

---Answers to `textDocument/inlineCompletion` that came so far.
seen.answers = 0
vim.api.nvim_create_autocmd("LspRequest", {
  callback = function(event)
    local request = event.data.request
    if request.method == "textDocument/inlineCompletion" and request.type == "complete" then
      seen.answers = seen.answers + 1
    end
  end,
})

---The whole text of a buffer: of the current one, or of the one with this name; nil if there is none.
---@param name? string
function seen.text(name)
  local bufnr = name and vim.fn.bufnr(name) or 0
  return bufnr >= 0 and table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), "\n") or nil
end

---The ghost text on the screen; "" when there is none.
function seen.ghost()
  local namespace = vim.api.nvim_get_namespaces()["nvim.lsp.inline_completion"]
  local marks = namespace and vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }) or {}
  local lines = {}
  for _, mark in ipairs(marks) do
    for _, chunks in ipairs({ mark[4].virt_text, unpack(mark[4].virt_lines or {}) }) do
      lines[#lines + 1] = vim.iter(chunks):map(function(chunk) return chunk[1] end):join("")
    end
  end
  return table.concat(lines, "\n")
end

---Choose the code action with this title at the cursor, as its menu does.
function seen.run_action(title)
  vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.title:find(title, 1, true) end })
  return true
end

local channel

local function answer(value)
  vim.fn.chansend(channel, vim.json.encode(value) .. "\n")
end

---@param order { keys: string, expression: string, patience_s: number }
local function obey(order)
  local expression = assert(loadstring("return " .. order.expression))
  local deadline = vim.uv.now() + order.patience_s * 1000
  local timer = assert(vim.uv.new_timer())
  local look = vim.schedule_wrap(function()
    if timer:is_closing() then
      return
    end
    local fine, value = pcall(expression)
    if not fine or value or vim.uv.now() > deadline then
      timer:close()
      answer(fine and { value = value, happened = value and true or false } or { error = value })
    end
  end)
  timer:start(0, 10, function()
    -- From within the loop, where a terminal's keys come in too: elsewhere <C-c> would interrupt what runs.
    vim.api.nvim_input(order.keys)
    order.keys = ""
    look()
  end)
end

local unfinished = ""
channel = vim.fn.stdioopen({
  on_stdin = function(_, data)
    if vim.deep_equal(data, { "" }) then
      return vim.cmd("qa!") -- the end of the input
    end
    data[1] = unfinished .. data[1]
    unfinished = table.remove(data)
    for _, line in ipairs(data) do
      obey(vim.json.decode(line))
    end
  end,
})

---A Markdown text in a split of its own, to be read and not edited.
local M = {}

---Show the text of this name at the right, in a new split if there is none; `q` closes it.
---@param name string
---@param enter boolean whether the cursor goes there
---@return integer bufnr
function M.open(name, enter)
  local bufnr = vim.fn.bufadd(name)
  local window = vim.fn.bufwinid(bufnr)
  if window == -1 then
    vim.bo[bufnr].buftype, vim.bo[bufnr].swapfile = "nofile", false
    window = vim.api.nvim_open_win(bufnr, enter, { split = "right", win = 0 })
    vim.bo[bufnr].bufhidden, vim.bo[bufnr].undolevels = "wipe", -1
    vim.bo[bufnr].filetype, vim.bo[bufnr].modifiable = "markdown", false
    vim.wo[window].wrap, vim.wo[window].linebreak = true, true
    vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = bufnr, desc = "Close" })
  elseif enter then
    vim.api.nvim_set_current_win(window)
  end
  return bufnr
end

---Show another text.
---@param bufnr integer
---@param text string
function M.write(bufnr, text)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.split(text, "\n"))
  vim.bo[bufnr].modifiable = false
end

---Put more text after the end. A window whose cursor is on the last line follows.
---@param bufnr integer
---@param text string
function M.append(bufnr, text)
  local last = vim.api.nvim_buf_line_count(bufnr)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_text(bufnr, -1, -1, -1, -1, vim.split(text, "\n"))
  vim.bo[bufnr].modifiable = false
  for _, window in ipairs(vim.fn.win_findbuf(bufnr)) do
    if vim.api.nvim_win_get_cursor(window)[1] == last then
      vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(bufnr), 0 })
    end
  end
end

return M

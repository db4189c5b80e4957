---Ghost text: Neovim asks for it and draws it (`vim.lsp.inline_completion`, from 0.12 on); this adds the keys.
local M = {}

---Give what a key does without us: its global mapping (Neovim itself has one for <Tab>), or the key.
---@param key string
---@return string keys as bytes, not in <> notation, for an `expr` mapping
local function fall_through(key)
  local code = vim.keycode(key)
  local earlier = vim.iter(vim.api.nvim_get_keymap("i")):find(function(map)
    return map.lhsraw == code or map.lhsrawalt == code
  end)
  if not earlier then
    return code
  elseif earlier.callback and earlier.expr == 0 then
    vim.schedule(earlier.callback)
    return ""
  end
  local keys = earlier.rhs
  if earlier.expr == 1 then
    keys = earlier.callback and (earlier.callback() or "") or vim.api.nvim_eval(earlier.rhs)
  end
  keys = (earlier.expr == 0 or earlier.replace_keycodes == 1) and vim.keycode(keys) or keys
  if vim.startswith(keys, vim.keycode("<Plug>")) then -- means something only as a mapping
    vim.api.nvim_feedkeys(keys, "mi", false)
    return ""
  end
  return keys
end

---Leave out what was typed since the suggestion came; give nil when it no longer fits before the cursor. Neovim
---shows a suggestion until the next one is there, but would insert the whole of it, and at its old place.
---@param item vim.lsp.inline_completion.Item
---@return vim.lsp.inline_completion.Item?
local function still_fitting(item)
  if type(item.insert_text) ~= "string" or not item.range or not item.range:is_empty() then
    return item
  end
  local row, column = item.range:to_extmark()
  local cursor = vim.api.nvim_win_get_cursor(0)
  local typed = vim.api.nvim_get_current_line():sub(column + 1, cursor[2])
  if cursor[1] ~= row + 1 or cursor[2] < column or not vim.startswith(item.insert_text, typed) then
    return nil
  elseif typed ~= "" then
    item.insert_text, item.range = item.insert_text:sub(#typed + 1), nil -- without a range: at the cursor
  end
  return item.insert_text ~= "" and item or nil
end

---What each key does. Gives whether the key is used up; otherwise it falls through.
---@type table<string, fun(key: string): boolean>
local actions = {
  accept = function(key)
    return vim.lsp.inline_completion.get({
      on_accept = function(item)
        return still_fitting(item) or vim.api.nvim_feedkeys(fall_through(key), "n", false)
      end,
    })
  end,
  dismiss = function()
    return vim.lsp.inline_completion.get({ on_accept = function() end }) -- taken, and not inserted
  end,
  next = function()
    return vim.lsp.inline_completion.select({ count = 1 }) or true
  end,
  previous = function()
    return vim.lsp.inline_completion.select({ count = -1 }) or true
  end,
}

---Show ghost text in a buffer, and set its keys there.
---@param bufnr integer
---@param keys antiphon.Keys
function M.attach(bufnr, keys)
  if not vim.lsp.inline_completion then
    vim.notify_once("Antiphon: ghost text needs Neovim 0.12; everything else works.")
    return
  end
  vim.lsp.inline_completion.enable(true, { bufnr = bufnr })
  for name, key in pairs(keys) do
    if key then
      vim.keymap.set("i", key, function()
        return actions[name](key) and "" or fall_through(key)
      end, { buffer = bufnr, expr = true, replace_keycodes = false, desc = "Antiphon: suggestion: " .. name })
    end
  end
end

return M

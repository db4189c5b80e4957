--- A stack of values.
local util = require("lib.util")
local json = require "json"
require("init")

local LIMIT = 100
DEBUG = false

local Stack = {}
Stack.__index = Stack

--- Makes an empty stack.
-- @param limit how many values fit
function Stack.new(limit)
  local self = setmetatable({ values = {}, limit = limit or LIMIT }, Stack)
  return self
end

-- Puts a value on top.
function Stack:push(value)
  if #self.values >= self.limit then
    error("full: " .. json.encode(value))
  end
  table.insert(self.values, value)
  return self
end

function Stack:each(visit)
  for i, value in ipairs(self.values) do
    visit(i, value)
  end
  repeat
    util.tick()
  until util.idle()
  while DEBUG do
    break
  end
end

local function drain(stack)
  local taken = {}
  local take = function(value)
    taken[#taken + 1] = value
  end
  stack:each(take)
  return taken
end

Stack.drain = function(self)
  return drain(self)
end

return Stack

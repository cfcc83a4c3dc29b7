/* SPDX-License-Identifier: Apache-2.0
 *
 * The Lua interpreter of Debian's package, statically linked: tables, strings, closures, calls. */
#include "figures.h"

#include <lauxlib.h>
#include <lualib.h>

static const char script[] =
    "local n = ...\n"
    "local function fib(k) if k < 2 then return k end return fib(k - 1) + fib(k - 2) end\n"
    "local total, words = 0, {}\n"
    "for i = 1, n do\n"
    "  total = total + fib(10)\n"
    "  words[i % 97] = (words[i % 97] or 0) + #(('x'):rep(i % 7) .. i)\n"
    "  local t = {}\n"
    "  for k = 1, 16 do t[k] = (k * i) % 31 end\n"
    "  table.sort(t)\n"
    "  total = total + t[8]\n"
    "end\n"
    "return total\n";

static void lua(uint64_t n)
{
    lua_State *state = luaL_newstate();

    if (!state)
        figures_fail("lua");
    luaL_openlibs(state);
    if (luaL_loadstring(state, script) != LUA_OK)
        figures_fail("lua: script");
    lua_pushinteger(state, (lua_Integer)n);
    if (lua_pcall(state, 1, 1, 0) != LUA_OK)
        figures_fail("lua: run");
    figures_sink = (uint64_t)lua_tointeger(state, -1);
    lua_close(state);
}

const struct figure lua_figures[] = {{"lua", lua, 1}, {0}};

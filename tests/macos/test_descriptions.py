#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Homebrew formula and the nix-darwin module of `make macos`, as far as Linux can tell: ruby runs the formula with
formula.rb in the place of Homebrew, nix evaluates the module with a few lines in the place of nixpkgs."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VALUES = {"@VERSION@": "1.2.3", "@SHA256@": "ab" * 32, "@FILE@": "berth-1.2.3-macos-universal.tar.gz"}
RUBY, NIX = shutil.which("ruby"), shutil.which("nix-instantiate")
NIXPKGS = """
let
  lib = {
    mkEnableOption = name: { default = false; };
    mkOption = option: option;
    mkIf = condition: value: if condition then value else { };
    types = { package = "package"; bool = "bool"; };
    licenses.asl20 = "asl20";
    platforms.darwin = [ "aarch64-darwin" "x86_64-darwin" ];
  };
  pkgs = {
    stdenvNoCC.mkDerivation = attributes: attributes // { outPath = "/nix/store/berth"; };
    podman = "/nix/store/podman";
  };
  module = import ./berth.nix;
  options = (module { inherit lib pkgs; config = { }; }).options.programs.berth;
  with_ = settings: (module {
    inherit lib pkgs;
    config.programs.berth = builtins.mapAttrs (name: option: option.default) options // settings;
  }).config;
  package = options.package.default;
in {
  off = with_ { };
  on = map (one: one.version) (with_ { enable = true; }).environment.systemPackages;
  podman = (with_ { enable = true; podman = true; }).environment.etc."containers/containers.conf.d/berth.conf".text;
  none = (with_ { enable = true; }).environment.etc."containers/containers.conf.d/berth.conf";
  inherit (package) pname version dontStrip dontFixup;
  src = baseNameOf (toString package.src);
}
"""


class Descriptions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in ("berth.rb", "berth.nix"):
            text = (ROOT / "tools/macos/package" / f"{name}.in").read_text(encoding="utf-8")
            for mark, value in VALUES.items():
                text = text.replace(mark, value)
            self.assertNotRegex(text, "@[A-Z0-9]+@")
            (self.folder / name).write_text(text, encoding="utf-8")

    def run_tool(self, *command, **env):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=60,
                              cwd=self.folder, env={**os.environ, **env})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    @unittest.skipUnless(RUBY, "no ruby here: Debian's package ruby has it")
    def test_formula(self):
        self.assertEqual(self.run_tool(RUBY, "-wc", "berth.rb"), "Syntax OK\n")
        package, prefix = self.folder / "package", self.folder / "prefix"
        files = ["bin/berth", "share/man/man1/berth.1", "share/bash-completion/completions/berth",
                 "share/zsh/site-functions/_berth", "share/fish/vendor_completions.d/berth.fish",
                 "share/berth/berth.entitlements", "share/doc/berth/macos.md"]
        for name in files:
            (package / name).parent.mkdir(parents=True, exist_ok=True)
            (package / name).write_text("#!/bin/sh\necho berth 1.2.3\n", encoding="utf-8")
        (package / "bin/berth").chmod(0o755)
        said = self.run_tool(RUBY, "-w", ROOT / "tests/macos/formula.rb", "berth.rb", package, prefix).splitlines()
        installed = {str(p.relative_to(prefix)) for p in prefix.rglob("*") if p.is_file()}
        self.assertEqual(installed, {*files, "libexec/berth/vfkit", "libexec/berth/krunkit"})
        for name in ("vfkit", "krunkit"):
            self.assertTrue((prefix / "libexec/berth" / name).samefile(prefix / "bin/berth"))
        self.assertEqual(said[0], f"system /usr/bin/codesign --force --sign - --identifier berth --entitlements "
                         f"{prefix}/share/berth/berth.entitlements {prefix}/bin/berth")
        facts = json.loads(said[-1])
        self.assertEqual((facts["version"], facts["sha256"], facts["depends_on"]), ("1.2.3", "ab" * 32, {"macos": "ventura"}))
        self.assertEqual(facts["url"], f"file://{self.folder}/{VALUES['@FILE@']}")
        self.assertLess(len(facts["desc"]), 80)  # brew style

    @unittest.skipUnless(NIX, "no nix-instantiate here: Debian's package nix-bin has it")
    def test_module(self):
        (self.folder / "test.nix").write_text(NIXPKGS, encoding="utf-8")
        place = {f"NIX_{name}_DIR": str(self.folder / name.lower()) for name in ("STORE", "STATE", "LOG", "CONF")}
        self.run_tool(NIX, "--parse", "berth.nix", **place)
        found = json.loads(self.run_tool(NIX, "--eval", "--strict", "--json", "--readonly-mode", "test.nix", **place))
        self.assertEqual((found["off"], found["on"], found["none"]), ({}, ["1.2.3"], {}))
        self.assertEqual((found["pname"], found["version"], found["src"]), ("berth", "1.2.3", VALUES["@FILE@"]))
        self.assertTrue(found["dontStrip"] and found["dontFixup"])
        self.assertIn('helper_binaries_dir = ["/nix/store/berth/libexec/berth"', found["podman"])


if __name__ == "__main__":
    unittest.main(verbosity=2)

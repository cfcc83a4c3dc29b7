# SPDX-License-Identifier: Apache-2.0
# As much of Homebrew as the formula uses: what it installs goes to a folder, what it would start is printed.
#   ruby formula.rb BERTH_RB PACKAGE_FOLDER PREFIX
require "fileutils"
require "json"
require "pathname"

class Pathname
  def install(*files)
    mkpath
    files.flatten.each do |file|
      raise "#{file} is not in the package" unless File.exist?(file)
      FileUtils.cp_r(file, self)
    end
  end
end

class Formula
  include FileUtils # as Homebrew's does
  FACTS = {}
  STEPS = {}

  class << self
    %i[desc homepage url version sha256 license].each do |name|
      define_method(name) { |value| FACTS[name] = value }
    end

    def depends_on(what)
      FACTS[:depends_on] = what
    end

    def test(&block)
      STEPS[:test] = block
    end
  end

  def initialize(prefix)
    @prefix = Pathname(prefix)
  end

  { bin: "bin", libexec: "libexec", opt_libexec: "libexec", man1: "share/man/man1", pkgshare: "share/berth", doc: "share/doc/berth",
    bash_completion: "share/bash-completion/completions", zsh_completion: "share/zsh/site-functions",
    fish_completion: "share/fish/vendor_completions.d" }.each do |name, path|
    define_method(name) { @prefix/path }
  end

  def version
    FACTS[:version]
  end

  def system(*words)
    puts "system #{words.join(" ")}"
  end

  def shell_output(command)
    `#{command}`
  end

  def assert_match(part, text)
    raise "#{text.inspect} has no #{part}" unless text.include?(part)
  end
end

load ARGV[0]
prefix = File.expand_path(ARGV[2])
Dir.chdir(ARGV[1])
formula = Berth.new(prefix)
formula.install
formula.post_install
formula.instance_exec(&Formula::STEPS[:test])
puts formula.caveats
puts JSON.generate(Formula::FACTS)

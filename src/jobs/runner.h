#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/process.h"
#include "core/result.h"

namespace gyre::jobs {

/// A program to run, wherever a Runner runs it.
struct ProgramSpec {
    std::string name;                  ///< for logs and queues: "endpoint/zoo/AllTraffic"
    std::vector<std::string> command;  ///< program and arguments
    std::map<std::string, std::string> environment;  ///< added to, or replacing, the runner's own
    std::filesystem::path directory;                 ///< working directory; empty: the runner's
    /// Called with each line that it prints, from one thread; empty: the lines are dropped.
    std::function<void(std::string_view line, bool is_stderr)> on_line;
};

/// A program that a Runner started. Thread-safe. The destructor kills it, with all that it started.
class Program {
  public:
    virtual ~Program() = default;
    /// What an operator finds it by: "pid 1234".
    [[nodiscard]] virtual std::string Where() const = 0;
    [[nodiscard]] virtual std::optional<pid_t> Pid() const = 0;
    /// How it ended, its last lines delivered; nullopt while it runs after `deadline`.
    [[nodiscard]] virtual std::optional<core::ExitStatus> Wait(core::SteadyTime deadline) = 0;
    /// Asks it to end (SIGTERM) and makes it end after `grace`. May be called twice.
    virtual core::ExitStatus Stop(core::milliseconds grace) = 0;
};

/// Runs programs: on this machine, or by a cluster's queue. Thread-safe.
class Runner {
  public:
    virtual ~Runner() = default;
    /// Errors: kNotFound when there is no such program.
    [[nodiscard]] virtual core::Result<std::unique_ptr<Program>> Start(ProgramSpec spec) = 0;
    /// Whether programs may be at other machines, which see the same folders and no Unix socket.
    [[nodiscard]] virtual bool Elsewhere() const { return false; }
};

/// Runs them as child processes of this one, which die with it.
class LocalRunner final : public Runner {
  public:
    [[nodiscard]] core::Result<std::unique_ptr<Program>> Start(ProgramSpec spec) override;
};

}  // namespace gyre::jobs

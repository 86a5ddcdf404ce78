#pragma once

#include <sys/types.h>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace gyre::core {

/// Has this program keep some ten MiB of what it frees in place of giving it back to the system
/// with every large request or answer, whose next one would find its pages zeroed again: a fifth of
/// the time that it takes to pass on payloads of some MiB. What has more than 16 MiB is given back
/// at once. Before any thread starts.
void KeepFreedMemory();

struct ProcessSpec {
    /// A program (looked up in PATH without a slash) and its arguments.
    std::vector<std::string> command;
    std::map<std::string, std::string> environment;  ///< added to, or replacing, the parent's
    bool clear_environment = false;                  ///< start from nothing but `environment`
    std::filesystem::path directory;                 ///< working directory; empty: the parent's
    /// Called with each line of the child's stdout and stderr, without its end, from one reader
    /// thread. A line longer than 64 KiB is cut into several. Empty: output is inherited.
    std::function<void(std::string_view line, bool is_stderr)> on_line;
    /// Descriptors the child gets beside 0, 1 and 2, under the same numbers as the map's keys.
    std::map<int, int> descriptors;
};

struct ExitStatus {
    int code = 0;    ///< exit code, when it ended by itself
    int signal = 0;  ///< the signal that ended it, or 0
    [[nodiscard]] bool Success() const { return code == 0 && signal == 0; }
    [[nodiscard]] std::string ToString() const;  ///< "exit code 3", "killed by signal 9"
};

/// A child process in a process group of its own, which dies with this program (PR_SET_PDEATHSIG,
/// so it must be started from a thread that lives as long as the child should; Start takes care of
/// that). Thread-safe. The destructor kills the group and reaps.
class ChildProcess {
  public:
    /// Errors: kNotFound when there is no such program; otherwise from errno.
    [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> Start(ProcessSpec spec);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t Pid() const;
    /// Sends to the whole group; nothing when it has ended.
    void Signal(int signal);
    /// How it ended, its last lines delivered; nullopt while it runs after `deadline`.
    [[nodiscard]] std::optional<ExitStatus> Wait(SteadyTime deadline);
    /// Whether all that it wrote to stderr before this call was given to on_line; then the bytes of
    /// the line that it has not ended. nullopt: some is still on the way.
    [[nodiscard]] std::optional<size_t> UnfinishedErrorLine();
    /// SIGTERM, then SIGKILL after `grace`.
    ExitStatus Terminate(milliseconds grace);

  private:
    struct Impl;
    explicit ChildProcess(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::core

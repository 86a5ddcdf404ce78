#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"
#include "engine/model.h"

namespace gyre::engine::python {

/// What a step said of the requests that are under way.
struct StepAnswers {
    std::vector<core::Result<Reply>> replies;  ///< one for each: the last, or a part
    std::vector<bool> goes_on;
};

struct Answers {
    std::vector<core::Result<Reply>> replies;  ///< one for each request
    std::vector<Call> calls;                   ///< that gave them; empty where one gave all
};

/// The interpreter that runs models where they bring no requirements of their own.
[[nodiscard]] std::string DefaultPython(const LoadOptions& options);
/// PYTHONPATH with which `-m gyre_worker` is found.
[[nodiscard]] std::string WorkerPath(const LoadOptions& options);

/// `bytes` with U+FFFD in place of what is not UTF-8: what models print goes into JSON.
[[nodiscard]] std::string ValidUtf8(std::string_view bytes);

/// One Python process with the model loaded. Used by one thread at a time, but for Ended, Kill and
/// what does not change. The
/// destructor ends the process and what it started.
class Worker {
  public:
    /// Starts the process, which begins to load. `on_note` gets what it says of its batching while
    /// it runs (docs/formats/worker_protocol.md), from the thread that calls Run.
    [[nodiscard]] static core::Result<std::unique_ptr<Worker>> Launch(
        const LoadOptions& options, const std::string& python,
        std::function<void(const core::Json&)> on_note);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Errors: kInternal when the model does not load; the message has the exception and then the
    /// frames of the model's code. Then the worker is of no more use.
    [[nodiscard]] core::Status WaitUntilLoaded(core::SteadyTime deadline);
    /// One batch; an answer for each. After an error the worker is of no more use: kInternal when
    /// it ended (says how, with the last lines of stderr since the batch began), kDeadlineExceeded
    /// when it did not answer by `deadline`; it has been killed then.
    [[nodiscard]] core::Result<Answers> Run(std::span<const Request* const> batch,
                                            core::SteadyTime deadline);
    /// One step of a continuous batch: `batch` is what goes on, and behind it `joining`, of which
    /// the model gets to know. Errors as Run's.
    [[nodiscard]] core::Result<StepAnswers> Step(std::span<const Request* const> batch,
                                                 size_t joining, core::SteadyTime deadline);
    /// These of the requests that went on at the last step, by their places in it, are in the next
    /// one no more. Errors as Run's.
    [[nodiscard]] core::Status Leave(std::span<const uint32_t> places, core::SteadyTime deadline);

    /// What it told when it had loaded.
    [[nodiscard]] const core::Json& Details() const;
    [[nodiscard]] pid_t Pid() const;
    /// Readable once the process has ended; -1 where the system has no pidfds.
    [[nodiscard]] int ExitDescriptor() const;
    [[nodiscard]] bool Ended() const;
    /// From any thread.
    void Kill();

  private:
    struct Impl;
    explicit Worker(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::engine::python

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"
#include "engine/model.h"

namespace gyre::engine::python {

/// One Python process with the model loaded. Used by one thread at a time. The destructor ends the
/// process and what it started.
class Worker {
  public:
    /// Starts it and waits until the model is loaded. Errors: as LoadPythonModel's.
    [[nodiscard]] static core::Result<std::unique_ptr<Worker>> Start(const LoadOptions& options);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// One batch; an answer for each. After an error the worker is of no more use: kInternal when
    /// it ended (says how, with its last stderr lines), kDeadlineExceeded when it did not answer
    /// by `deadline`; it has been killed then.
    [[nodiscard]] core::Result<std::vector<core::Result<Reply>>> Run(
        std::span<const Request* const> batch, core::SteadyTime deadline);

    [[nodiscard]] const core::Json& Details() const;
    [[nodiscard]] pid_t Pid() const;

  private:
    struct Impl;
    explicit Worker(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::engine::python

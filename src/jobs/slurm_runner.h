#pragma once

#include <string>
#include <vector>

#include "jobs/runner.h"

namespace gyre::jobs {

/// Runs programs on the nodes of a Slurm cluster, each as a job of one task that `srun` queues and
/// waits for. Folders must have the same paths there, and so must the programs. What a program
/// prints comes back through srun, which also says in between that it waits for room.
///
/// Stopping one cancels its job. When this program is killed its jobs are not told: what they run
/// has to end by itself when nobody talks to it.
class SlurmRunner final : public Runner {
  public:
    /// `arguments`: further ones of srun, such as a partition's.
    explicit SlurmRunner(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}
    /// Errors: kNotFound where there is no srun; a program that is not there ends by itself.
    [[nodiscard]] core::Result<std::unique_ptr<Program>> Start(ProgramSpec spec) override;
    [[nodiscard]] bool Elsewhere() const override { return true; }

  private:
    const std::vector<std::string> arguments_;
};

}  // namespace gyre::jobs

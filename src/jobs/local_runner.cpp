#include "jobs/runner.h"

namespace gyre::jobs {
namespace {

class LocalProgram final : public Program {
  public:
    explicit LocalProgram(std::unique_ptr<core::ChildProcess> child) : child_(std::move(child)) {}
    [[nodiscard]] std::string Where() const override {
        return "pid " + std::to_string(child_->Pid());
    }
    [[nodiscard]] std::optional<pid_t> Pid() const override { return child_->Pid(); }
    std::optional<core::ExitStatus> Wait(core::SteadyTime deadline) override {
        return child_->Wait(deadline);
    }
    core::ExitStatus Stop(core::milliseconds grace) override { return child_->Terminate(grace); }

  private:
    std::unique_ptr<core::ChildProcess> child_;
};

}  // namespace

core::Result<std::unique_ptr<Program>> LocalRunner::Start(ProgramSpec spec) {
    if (spec.command.empty()) {
        return core::Fail(core::Code::kInvalidArgument, spec.name + ": no command to run");
    }
    core::ProcessSpec process;
    process.command = std::move(spec.command);
    process.environment = std::move(spec.environment);
    process.directory = std::move(spec.directory);
    process.on_line = spec.on_line ? std::move(spec.on_line) : [](std::string_view, bool) {};
    auto child = core::ChildProcess::Start(std::move(process));
    if (!child) return core::Fail(std::move(child.error()).In(spec.name));
    return std::make_unique<LocalProgram>(std::move(*child));
}

}  // namespace gyre::jobs

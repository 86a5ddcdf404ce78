#include "core/file_system.h"
#include "graph/exec/stages.h"
#include "graph/graphs.h"

namespace gyre::graph::exec {
namespace {

using core::Code;

/// io(file).read(): of one folder, whatever folder the name names. Gives nothing.
class ReadFileStage final : public BarrierStage {
  public:
    using BarrierStage::BarrierStage;

  protected:
    bool Gather(std::deque<Traverser>&) override {
        if (!First()) return false;
        if (auto status = Read(); !status) context_.Fail(std::move(status.error()));
        return false;
    }

  private:
    core::Status Read() {
        if (step_.low == 0) {
            return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                              "expected read() after io()");
        }
        const std::filesystem::path name = std::filesystem::path(step_.texts[0]).filename();
        const std::string format = step_.texts.size() > 1        ? step_.texts[1]
                                   : name.extension() == ".json" ? "graphson"
                                                                 : name.extension().string();
        if (format != "graphson") {
            return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                              "io() of the format " + format + " is not implemented");
        }
        if (context_.Files().empty() || name.empty()) {
            return core::Fail(Code::kPermissionDenied, "AccessDeniedException",
                              "io() reads the files of graph.fixtures, which is not set");
        }
        std::filesystem::path file = context_.Files() / name;
        std::error_code error;
        if (!std::filesystem::exists(file, error)) {
            file.replace_filename(name.stem().string() + "-v3.json");
        }
        GYRE_ASSIGN(const std::string text, core::ReadFile(core::RealFileSystem(), file));
        return ReadGraphSonFile(context_.graph, text);
    }
};

}  // namespace

StagePtr MakeReadFile(const plan::Step& step, Context& context) {
    return std::make_unique<ReadFileStage>(step, context);
}

}  // namespace gyre::graph::exec

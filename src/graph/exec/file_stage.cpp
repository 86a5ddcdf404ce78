#include <algorithm>
#include <filesystem>

#include "core/digest.h"
#include "core/file_system.h"
#include "graph/exec/stages.h"
#include "graph/file/graph_file.h"

namespace gyre::graph::exec {
namespace {

using core::Code;

/// io(file).read() and write(), of one folder. Gives nothing. What is read may name any folder;
/// what is written has a name without one, or below the folder's own (data/x.json), and takes the
/// place of what had it when all of it is written.
class FileStage final : public BarrierStage {
  public:
    using BarrierStage::BarrierStage;

  protected:
    bool Gather(std::deque<Traverser>&) override {
        if (!First()) return false;
        if (auto status = Do(); !status) context_.Fail(std::move(status.error()));
        return false;
    }

  private:
    /// The largest file that is read.
    static constexpr uint64_t kMost = uint64_t{256} << 20;

    core::Status Do() {
        if (step_.low == 0) {
            return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                              "expected read() or write() after io()");
        }
        const std::filesystem::path given(step_.texts[0]);
        const std::filesystem::path name = given.filename();
        const std::string named =
            Named(step_.low == 1 ? "~tinkerpop.io.reader" : "~tinkerpop.io.writer");
        const auto format = file::FormatNamed(named.empty() ? name.extension().string() : named);
        if (!format) {
            return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                              "io() of the format " +
                                  (named.empty() ? name.extension().string() : named) +
                                  " is not implemented");
        }
        if (context_.Files().empty() || name.empty()) {
            return core::Fail(Code::kPermissionDenied, "AccessDeniedException",
                              "io() uses the files of graph.fixtures, which is not set");
        }
        return step_.low == 1 ? Read(*format, name) : Write(*format, given);
    }
    [[nodiscard]] std::string Named(std::string_view option) const {
        for (const auto& [key, argument] : step_.with) {
            if (key == option) return DisplayText(argument.value);
        }
        return "";
    }

    /// As TinkerPop publishes its graphs: perhaps with a version in the name, and beside a folder
    /// "graphson" one of each other format.
    [[nodiscard]] std::filesystem::path Find(const std::filesystem::path& name) const {
        const std::filesystem::path& own = context_.Files();
        std::vector<std::filesystem::path> folders{own};
        if (own.filename() == "graphson") {
            folders.push_back(own.parent_path() / "graphml");
            folders.push_back(own.parent_path() / "gryo");
        }
        const std::string versioned = name.stem().string() + "-v3" + name.extension().string();
        for (const auto& folder : folders) {
            for (const auto& path : {folder / name, folder / versioned}) {
                if (core::RealFileSystem().Stat(path)) return path;
            }
        }
        return own / name;
    }

    core::Status Read(file::Format format, const std::filesystem::path& name) {
        auto& files = core::RealFileSystem();
        const std::filesystem::path path = Find(name);
        GYRE_ASSIGN(const core::FileInfo info, files.Stat(path));
        if (info.size > kMost) {
            return core::Fail(Code::kResourceExhausted, "MemoryLimitExceededException",
                              "io() reads files of 256 MiB at most; the loader takes larger ones");
        }
        GYRE_ASSIGN(const std::string text, core::ReadFile(files, path));
        return file::Read(format, context_.graph, text);
    }

    core::Status Write(file::Format format, const std::filesystem::path& given) {
        const bool leaves = given.is_absolute() || given.filename().string().starts_with('.') ||
                            std::ranges::find(given, std::filesystem::path("..")) != given.end();
        if (leaves) {
            return core::Fail(Code::kPermissionDenied, "AccessDeniedException",
                              "io() writes into the folder of graph.fixtures, and " +
                                  given.string() + " is not in it");
        }
        auto& files = core::RealFileSystem();
        const std::filesystem::path path = context_.Files() / given.filename();
        const std::filesystem::path beside =
            context_.Files() / ("." + given.filename().string() + "." + core::RandomUuid());
        GYRE_TRY(files.MakeDirectories(context_.Files()));
        const auto written = [&]() -> core::Status {
            GYRE_ASSIGN(const auto out, files.Create(beside));
            GYRE_TRY(file::Write(format, context_,
                                 [&](std::string_view piece) { return out->Append(piece); }));
            GYRE_TRY(out->Sync());
            return files.Rename(beside, path);
        }();
        if (!written) std::ignore = files.Remove(beside);
        return written;
    }
};

}  // namespace

StagePtr MakeFile(const plan::Step& step, Context& context) {
    return std::make_unique<FileStage>(step, context);
}

}  // namespace gyre::graph::exec

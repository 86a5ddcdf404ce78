#include "cli/detail/model_file.h"

#include <algorithm>
#include <vector>

#include "core/archive.h"
#include "core/ascii.h"

namespace gyre::cli::detail {
namespace {

namespace fs = std::filesystem;
using core::Code;
using core::Result;

constexpr const char* kArchiveName = "model.tar.gz";

bool EndsWithAny(const std::string& name, std::initializer_list<const char*> ends) {
    return std::ranges::any_of(ends, [&](const char* end) { return name.ends_with(end); });
}

Result<ModelFile> PackFolder(const fs::path& folder, std::string kind) {
    ModelFile file{.object_name = kArchiveName, .kind = std::move(kind)};
    file.packed_in = std::make_unique<core::TempDir>();
    file.path = file.packed_in->Path() / kArchiveName;
    GYRE_TRY(core::PackTarGz(folder, file.path));
    return file;
}

Result<ModelFile> PackFiles(const std::vector<fs::path>& files, std::string kind) {
    const core::TempDir folder;
    for (const fs::path& file : files) {
        std::error_code error;
        const fs::path source = fs::canonical(file, error);
        const fs::path copy = folder.Path() / file.filename();
        fs::create_hard_link(source, copy, error);
        if (error) fs::copy_file(source, copy, error);  // on another disk
        if (error) {
            return core::Fail(Code::kNotFound, file.string() + ": " + error.message());
        }
    }
    return PackFolder(folder.Path(), std::move(kind));
}

// Weights of more than 2 GB lie beside the .onnx, by one of these names.
std::vector<fs::path> ExternalDataOf(const fs::path& onnx) {
    std::vector<fs::path> files;
    for (const char* end : {".data", "_data"}) {
        fs::path beside = onnx;
        beside += end;
        std::error_code ignored;
        if (fs::is_regular_file(beside, ignored)) files.push_back(beside);
    }
    return files;
}

}  // namespace

Result<ModelFile> PrepareModel(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) {
        return core::Fail(Code::kNotFound, "there is no " + path.string());
    }
    if (error) return core::Fail(Code::kInternal, path.string() + ": " + error.message());
    if (fs::is_directory(status)) return PackFolder(path, "folder");

    const std::string name = core::AsciiLower(path.filename().string());
    if (EndsWithAny(name, {".tar.gz", ".tgz", ".tar", ".zip"})) {
        return ModelFile{path, EndsWithAny(name, {".tar.gz", ".tgz"}) ? kArchiveName : name,
                         "model archive", nullptr};
    }
    if (name.ends_with(".onnx")) {
        std::vector<fs::path> files = ExternalDataOf(path);
        if (files.empty()) return ModelFile{path, name, "ONNX model", nullptr};
        files.push_back(path);
        return PackFiles(files, "ONNX model with its data");
    }
    if (EndsWithAny(name, {".pt", ".pth"})) {
        return ModelFile{path, name, "TorchScript model", nullptr};
    }
    if (EndsWithAny(name, {".ts", ".jit", ".torchscript"})) {
        return ModelFile{path, fs::path(name).stem().string() + ".pt", "TorchScript model",
                         nullptr};
    }
    if (name.ends_with(".xml")) {
        fs::path weights = path;
        weights.replace_extension(".bin");
        if (!fs::exists(weights, error)) {
            return core::Fail(Code::kNotFound, path.string() + " needs its weights beside it: " +
                                                   weights.filename().string());
        }
        return PackFiles({path, weights}, "OpenVINO IR model");
    }
    return core::Fail(Code::kInvalidArgument,
                      path.string() +
                          " is none of what can be deployed: model.tar.gz (or .zip), "
                          ".onnx, TorchScript .pt or .pth, OpenVINO IR .xml, or a "
                          "folder that holds such files");
}

}  // namespace gyre::cli::detail

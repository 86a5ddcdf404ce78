#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/result.h"
#include "core/temp_dir.h"

namespace gyre::cli::detail {

/// A model ready to be uploaded: one file, packed here where it was several.
struct ModelFile {
    std::filesystem::path path;
    std::string object_name;  ///< the last part of its key; its extension says what it is
    std::string kind;         ///< "ONNX model", for people
    std::unique_ptr<core::TempDir> packed_in;  ///< holds `path` where it was packed
};

/// What the file or folder at `path` is and how it is sent: archives, ONNX and TorchScript files as
/// they are; an IR .xml with its .bin, an ONNX file with its external data, and a folder as a
/// tar.gz. Errors: kNotFound, kInvalidArgument; they say what would do.
[[nodiscard]] core::Result<ModelFile> PrepareModel(const std::filesystem::path& path);

}  // namespace gyre::cli::detail

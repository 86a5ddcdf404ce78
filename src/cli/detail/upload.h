#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "cli/detail/platform.h"

namespace gyre::cli::detail {

/// Told how many of how many bytes have been sent.
using UploadProgress = std::function<void(uint64_t sent, uint64_t size)>;

/// Makes the bucket unless it is there already.
[[nodiscard]] core::Status EnsureBucket(const Platform& platform, const std::string& bucket);

/// Sends the file to s3://bucket/key; a large one in parts, of which one is in memory at a time.
/// Bytes that are there already (same key, same size; keys name a digest) are not sent again.
[[nodiscard]] core::Status Upload(const Platform& platform, core::FileSystem& files,
                                  const std::filesystem::path& file, const std::string& bucket,
                                  const std::string& key, const UploadProgress& progress);

/// The SHA-256 of the file's bytes, in hex.
[[nodiscard]] core::Result<std::string> DigestOfFile(core::FileSystem& files,
                                                     const std::filesystem::path& file);

/// "/bucket/key", encoded.
[[nodiscard]] std::string ObjectTarget(const std::string& bucket, const std::string& key);

}  // namespace gyre::cli::detail

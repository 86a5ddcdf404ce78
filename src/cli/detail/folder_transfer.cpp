#include "cli/detail/folder_transfer.h"

#include <algorithm>
#include <charconv>

#include "cli/detail/upload.h"

namespace gyre::cli::detail {
namespace {

using core::Code;
using core::Fail;
using core::Result;

constexpr uint64_t kPiece = 8 << 20;

// What stands between each pair of <name> and </name>.
std::vector<std::string> AllXmlTexts(std::string_view xml, const std::string& name) {
    std::vector<std::string> texts;
    const std::string open = "<" + name + ">";
    const std::string close = "</" + name + ">";
    for (size_t at = xml.find(open); at != std::string_view::npos; at = xml.find(open, at + 1)) {
        const size_t end = xml.find(close, at);
        if (end == std::string_view::npos) break;
        texts.push_back(XmlText(xml.substr(at, end + close.size() - at), name));
    }
    return texts;
}

// A key stands below the folder that it is written into, whoever chose it.
bool IsBelow(const std::filesystem::path& name) {
    return !name.is_absolute() &&
           std::ranges::none_of(name, [](const auto& part) { return part == ".."; });
}

}  // namespace

Result<std::vector<FolderFile>> FilesBelow(const std::filesystem::path& folder) {
    std::vector<FolderFile> files;
    std::error_code error;
    if (std::filesystem::is_regular_file(folder, error)) {
        files.push_back(
            {folder, folder.filename().string(), std::filesystem::file_size(folder, error)});
        return files;
    }
    for (std::filesystem::recursive_directory_iterator entry(folder, error), end;
         !error && entry != end; entry.increment(error)) {
        if (!entry->is_regular_file(error)) continue;
        files.push_back({entry->path(), entry->path().lexically_relative(folder).generic_string(),
                         entry->file_size(error)});
    }
    if (error) return Fail(core::ErrnoError(folder.string(), error.value()));
    if (files.empty()) {
        return Fail(Code::kInvalidArgument, folder.string() + " has no files in it");
    }
    std::ranges::sort(files, {}, &FolderFile::name);
    return files;
}

Result<std::vector<std::string>> KeysBelow(const Platform& platform, const std::string& bucket,
                                           const std::string& prefix) {
    std::vector<std::string> keys;
    std::string token;
    do {
        std::string target = "/" + net::PercentEncode(bucket) +
                             "?encoding-type=url&list-type=2&prefix=" + net::PercentEncode(prefix);
        if (!token.empty()) target += "&continuation-token=" + net::PercentEncode(token);
        GYRE_ASSIGN(const net::Response page, platform.SendS3({.method = "GET", .target = target}));
        for (const std::string& key : AllXmlTexts(page.body, "Key")) {
            const auto plain = net::PercentDecode(key, true);
            if (plain) keys.push_back(*plain);
        }
        token = XmlText(page.body, "NextContinuationToken");
    } while (!token.empty());
    return keys;
}

core::Status Download(const Platform& platform, core::FileSystem& files, const std::string& bucket,
                      const std::string& key, const std::filesystem::path& folder,
                      const std::filesystem::path& name) {
    if (!IsBelow(name)) {
        return Fail(Code::kInvalidArgument, "the key " + key + " does not name a file here");
    }
    const std::filesystem::path file = folder / name;
    if (file.has_parent_path()) GYRE_TRY(files.MakeDirectories(file.parent_path()));
    const std::string target = ObjectTarget(bucket, key);
    GYRE_ASSIGN(const net::Response head, platform.SendS3({.method = "HEAD", .target = target}));
    const std::string_view length = head.headers.Get("Content-Length");
    uint64_t size = 0;
    std::from_chars(length.data(), length.data() + length.size(), size);
    GYRE_ASSIGN(const auto out, files.Create(file));
    for (uint64_t at = 0; at < size; at += kPiece) {
        net::ClientRequest request{.method = "GET", .target = target};
        request.headers.Add("Range", "bytes=" + std::to_string(at) + "-" +
                                         std::to_string(std::min(at + kPiece, size) - 1));
        request.headers.Add("If-Match", std::string(head.headers.Get("ETag")));
        GYRE_ASSIGN(const net::Response piece, platform.SendS3(std::move(request)));
        GYRE_TRY(out->Append(piece.body));
    }
    return {};
}

core::Status RemoveBelow(const Platform& platform, const std::string& bucket,
                         const std::string& prefix) {
    GYRE_ASSIGN(const auto keys, KeysBelow(platform, bucket, prefix));
    for (const std::string& key : keys) {
        GYRE_TRY(platform.SendS3({.method = "DELETE", .target = ObjectTarget(bucket, key)}));
    }
    return {};
}

}  // namespace gyre::cli::detail

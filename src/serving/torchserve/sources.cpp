#include "serving/torchserve/sources.h"

#include <re2/re2.h>

#include <algorithm>
#include <iterator>

#include "core/ascii.h"
#include "core/file_system.h"
#include "net/http_client.h"
#include "serving/torchserve/answers.h"

namespace gyre::serving::torchserve {
namespace {

namespace fs = std::filesystem;
using core::Result;

constexpr std::string_view kS3 = "s3://";
constexpr std::string_view kFile = "file://";
constexpr int kMostRedirects = 5;
constexpr core::milliseconds kDownloadTime{600'000};

bool IsUrl(const std::string& text) {
    return text.find("://") != std::string::npos;
}

bool StartsWith(const std::string& url, std::string_view scheme) {
    return core::AsciiLower(std::string_view(url).substr(0, scheme.size())) == scheme;
}

core::Error NoModel(std::string message) {
    return Refusal(404, "ModelNotFoundException", std::move(message));
}

core::Error NotAllowedUrl(const std::string& url) {
    return NoModel("Given URL " + url + " does not match any allowed URL(s)");
}

core::Error NoDownload(const std::string& url, const std::string& why) {
    return Refusal(400, "DownloadArchiveException",
                   "Failed to download archive from: " + url + " (" + why + ")");
}

/// "https://host:1/a?b" in parts.
struct HttpUrl {
    bool secure = false;
    std::string host;    ///< as of the header
    std::string target;  ///< "/a?b"

    [[nodiscard]] std::string Address() const {
        const bool port = host.rfind(':') != std::string::npos && !host.ends_with(']');
        return port ? host : host + (secure ? ":443" : ":80");
    }
    [[nodiscard]] std::string Origin() const { return (secure ? "https://" : "http://") + host; }
};

std::optional<HttpUrl> ParseHttpUrl(const std::string& url) {
    HttpUrl parsed;
    parsed.secure = StartsWith(url, "https://");
    if (!parsed.secure && !StartsWith(url, "http://")) return std::nullopt;
    const std::string_view rest = std::string_view(url).substr(
        parsed.secure ? sizeof("https://") - 1 : sizeof("http://") - 1);
    const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    parsed.host = rest.substr(0, end);
    const std::string_view target = rest.substr(end, rest.find('#') - end);
    parsed.target = target.starts_with('/') ? target : "/" + std::string(target);
    if (parsed.host.empty() || parsed.host.find('@') != std::string::npos) return std::nullopt;
    return parsed;
}

/// A folder may hold all of an archive in one folder, as a packed one may.
fs::path OnlyFolderIn(const fs::path& file) {
    std::error_code ignored;
    if (!fs::is_directory(file, ignored)) return file;
    const fs::directory_iterator entries(file, ignored);
    if (std::distance(begin(entries), end(entries)) != 1) return file;
    const fs::path only = fs::directory_iterator(file, ignored)->path();
    return fs::is_directory(only, ignored) ? only : file;
}

}  // namespace

bool MayFetch(const std::string& url, const std::vector<std::string>& allowed) {
    if (allowed.empty()) return StartsWith(url, kS3);
    RE2::Options options(RE2::Quiet);
    options.set_case_sensitive(false);
    return std::ranges::any_of(allowed, [&](const std::string& pattern) {
        return RE2::FullMatch(url, RE2(pattern, options));
    });
}

std::string FileNameOf(const std::string& url) {
    std::string_view path = url;
    path = path.substr(0, path.find_first_of("?#"));
    if (const size_t scheme = path.find("://"); scheme != std::string_view::npos) {
        path.remove_prefix(scheme + 3);
        const size_t slash = path.find('/');
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
    }
    return std::string(path.substr(path.rfind('/') + 1));
}

Result<fs::path> Sources::InFolder(const std::string& url, bool operators) const {
    std::error_code ignored;
    const fs::path path(url);
    const fs::path inside = path.is_absolute()  // TorchServe takes one where it lies in the store
                                ? path.lexically_relative(fs::absolute(options_.folder, ignored))
                                : path;
    const bool within = !inside.empty() && *inside.begin() != "..";
    if (within && fs::exists(options_.folder / inside, ignored)) return options_.folder / inside;
    if (operators && fs::exists(path, ignored)) return fs::absolute(path, ignored);
    return core::Fail(within ? NoModel("Model not found at: " + url) : NotAllowedUrl(url));
}

Result<std::string> Sources::Download(std::string url) const {
    const std::string asked = url;
    for (int i = 0; i <= kMostRedirects; i++) {
        if (!MayFetch(url, options_.allowed_urls)) return core::Fail(NotAllowedUrl(url));
        const auto parts = ParseHttpUrl(url);
        if (!parts) return core::Fail(NoDownload(asked, url + " is no URL of http or https"));
        std::shared_ptr<const net::TlsClient> tls;
        if (parts->secure) {
            GYRE_ASSIGN(tls, net::TlsClient::Trusting(""));
        }
        net::HttpClient client(parts->Address(), std::move(tls));
        net::ClientRequest request;
        request.target = parts->target;
        request.headers.Set("Host", parts->host);
        auto answer = client.Send(request, kDownloadTime);
        if (!answer) return core::Fail(NoDownload(asked, answer.error().message));
        if (answer->status == 200) return std::move(answer->body);
        const std::string to(answer->headers.Get("Location"));
        if (answer->status < 300 || answer->status >= 400 || to.empty()) {
            return core::Fail(
                NoDownload(asked, "it answers with " + std::to_string(answer->status)));
        }
        url = to.starts_with('/') ? parts->Origin() + to : to;
    }
    return core::Fail(NoDownload(asked, "it leads from one place to another without end"));
}

Result<fs::path> Sources::Copy(const std::string& url) const {
    const std::string name = FileNameOf(url);
    if (name.empty()) return core::Fail(NoDownload(url, "its path names no file"));
    fs::path file = options_.folder / name;
    std::error_code failed;
    if (fs::exists(file, failed)) {
        return core::Fail(
            Refusal(500, "InternalServerException", "Model file already exists " + name));
    }
    if (StartsWith(url, kFile)) {
        const fs::path from = url.substr(kFile.size());
        if (!fs::is_regular_file(from, failed) || !fs::copy_file(from, file, failed)) {
            return core::Fail(NoDownload(url, failed ? failed.message() : "there is no such file"));
        }
        return file;
    }
    GYRE_ASSIGN(const std::string bytes, Download(url));
    if (auto kept = core::WriteFileAtomically(core::RealFileSystem(), file, bytes); !kept) {
        return core::Fail(Refusal(500, "InternalServerException",
                                  "Failed to save model: " + url + ": " + kept.error().message));
    }
    return file;
}

Result<Sources::Source> Sources::Get(const std::string& url, bool operators) const {
    if (options_.folder.empty()) {
        return core::Fail(NoModel("Model store has not been configured."));
    }
    if (url.find("..") != std::string::npos) {
        return core::Fail(NoModel("Relative path is not allowed in url: " + url));
    }
    const bool elsewhere = IsUrl(url);
    if (elsewhere && !MayFetch(url, options_.allowed_urls)) return core::Fail(NotAllowedUrl(url));
    Source source;
    source.file = FileNameOf(url);
    if (StartsWith(url, kS3)) {
        if (!options_.s3) {
            return core::Fail(
                NoDownload(url,
                           "no S3 is named: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and "
                           "AWS_ENDPOINT_URL where it is not Amazon's"));
        }
        auto model = options_.store->Fetch(url, false, options_.cancel);
        if (!model) return core::Fail(NoDownload(url, model.error().message));
        source.model = std::move(*model);
        return source;
    }
    GYRE_ASSIGN(const fs::path file, elsewhere ? Copy(url) : InFolder(url, operators));
    source.copied = elsewhere;
    source.file = file.filename().string();
    auto model = options_.store->Adopt(OnlyFolderIn(file));
    if (!model) {
        if (source.copied) Forget(url);
        return core::Fail(Refusal(400, "InvalidModelException",
                                  "Failed to unpack " + url + ": " + model.error().message));
    }
    source.model = std::move(*model);
    return source;
}

std::string Sources::AtRestart(const std::string& url) {
    return IsUrl(url) && !StartsWith(url, kS3) ? FileNameOf(url) : url;
}

void Sources::Forget(const std::string& url) const {
    const std::string name = FileNameOf(url);
    if (!IsUrl(url) || StartsWith(url, kS3) || name.empty()) return;
    std::error_code ignored;
    fs::remove(options_.folder / name, ignored);
}

}  // namespace gyre::serving::torchserve

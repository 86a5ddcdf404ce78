#include "serving/torchserve/tokens.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <cerrno>

#include "core/digest.h"
#include "core/json.h"
#include "serving/kserve/open_access.h"

namespace gyre::serving::torchserve {
namespace {

constexpr size_t kKeyBytes = 8;  // TorchServe's keys have as many letters as this has hex digits

std::string NewText() {
    return core::HexEncode(core::RandomBytes(2 * kKeyBytes));
}

}  // namespace

core::Result<std::unique_ptr<Tokens>> Tokens::Make(const std::filesystem::path& file, int minutes,
                                                   const core::Clock& clock) {
    std::unique_ptr<Tokens> tokens(new Tokens(file, minutes, clock));
    {
        auto keys = tokens->keys_.Lock();
        keys->inference = tokens->NewKey();
        keys->management = tokens->NewKey();
        keys->api = NewText();
        GYRE_TRY(tokens->Write(*keys));
    }
    return tokens;
}

Tokens::Key Tokens::NewKey() const {
    return {.text = NewText(), .until = clock_.WallNow() + std::chrono::minutes(minutes_)};
}

core::Status Tokens::Write(const Keys& keys) const {
    const auto timed = [](const Key& key) {
        return core::JsonObject{{"key", key.text}, {"expiration time", core::Iso8601(key.until)}};
    };
    const std::string text =
        core::JsonPretty(core::JsonObject{{"management", timed(keys.management)},
                                          {"inference", timed(keys.inference)},
                                          {"API", core::JsonObject{{"key", keys.api}}}}) +
        "\n";
    constexpr mode_t kOwnerOnly = 0600;
    const int out =
        ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
    if (out < 0) return core::Fail(core::ErrnoError(file_.string(), errno));
    (void)::fchmod(out, kOwnerOnly);
    const bool written =
        ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int failed = errno;
    ::close(out);
    if (!written) return core::Fail(core::ErrnoError(file_.string(), failed));
    return {};
}

bool Tokens::Permits(const net::Headers& headers, Kind kind) const {
    auto keys = keys_.Lock();
    const Key api{.text = keys->api, .until = core::WallTime::max()};
    const Key& wanted = kind == Kind::kApi          ? api
                        : kind == Kind::kManagement ? keys->management
                                                    : keys->inference;
    return clock_.WallNow() < wanted.until && kserve::ShowsToken(headers, wanted.text);
}

core::Status Tokens::Renew(Kind kind) {
    auto keys = keys_.Lock();
    (kind == Kind::kManagement ? keys->management : keys->inference) = NewKey();
    return Write(*keys);
}

}  // namespace gyre::serving::torchserve

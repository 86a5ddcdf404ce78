#include "access/signing_key.h"

namespace gyre::access {
namespace {
constexpr size_t kMaxEntries = 4096;
}  // namespace

core::Sha256Bytes DeriveSigningKey(std::string_view secret, std::string_view date,
                                   std::string_view region, std::string_view service) {
    std::string start = "AWS4";
    start += secret;
    core::Sha256Bytes key = core::HmacSha256(start, date);
    for (const std::string_view part : {region, service, std::string_view("aws4_request")}) {
        key = core::HmacSha256(AsText(key), part);
    }
    return key;
}

core::Sha256Bytes SigningKeyCache::Get(const std::string& access_key_id, std::string_view secret,
                                       std::string_view date, std::string_view region,
                                       std::string_view service) {
    std::string name;
    name.reserve(access_key_id.size() + date.size() + region.size() + service.size() + 3);
    name.append(access_key_id).append(1, '/').append(date).append(1, '/');
    name.append(region).append(1, '/').append(service);
    {
        auto entries = entries_.Lock();
        const auto found = entries->find(name);
        if (found != entries->end() && core::ConstantTimeEquals(found->second.secret, secret)) {
            return found->second.key;
        }
    }
    const core::Sha256Bytes key = DeriveSigningKey(secret, date, region, service);
    auto entries = entries_.Lock();
    // Days pass and sessions end: starting afresh now and then is simpler than counting ages.
    if (entries->size() >= kMaxEntries) entries->clear();
    entries->insert_or_assign(std::move(name), Entry{std::string(secret), key});
    return key;
}

}  // namespace gyre::access

#include "objects/acl.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gyre::objects {
namespace {

// The first of a value's names is the one that is given out.
constexpr std::array<std::pair<std::string_view, Acl>, 6> kAcls = {{
    {"private", Acl::kPrivate},
    {"public-read", Acl::kPublicRead},
    {"public-read-write", Acl::kPublicReadWrite},
    {"authenticated-read", Acl::kAuthenticatedRead},
    {"bucket-owner-read", Acl::kPrivate},
    {"bucket-owner-full-control", Acl::kPrivate},
}};
constexpr std::array<std::pair<std::string_view, Ownership>, 4> kOwnerships = {{
    {"", Ownership::kUnset},
    {"ObjectWriter", Ownership::kObjectWriter},
    {"BucketOwnerPreferred", Ownership::kBucketOwnerPreferred},
    {"BucketOwnerEnforced", Ownership::kBucketOwnerEnforced},
}};

template <typename Pairs, typename Value>
std::string_view NameOf(const Pairs& pairs, Value value) {
    return std::ranges::find(pairs, value, &Pairs::value_type::second)->first;
}

}  // namespace

std::string_view AclName(Acl acl) {
    return NameOf(kAcls, acl);
}

std::optional<Acl> AclNamed(std::string_view name) {
    const auto found = std::ranges::find(kAcls, name, &decltype(kAcls)::value_type::first);
    if (found == kAcls.end()) return std::nullopt;
    return found->second;
}

std::string_view OwnershipName(Ownership ownership) {
    return NameOf(kOwnerships, ownership);
}

Ownership OwnershipNamed(std::string_view name) {
    const auto found =
        std::ranges::find(kOwnerships, name, &decltype(kOwnerships)::value_type::first);
    return found == kOwnerships.end() ? Ownership::kUnset : found->second;
}

}  // namespace gyre::objects

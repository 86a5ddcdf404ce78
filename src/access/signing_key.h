#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "core/digest.h"
#include "core/guarded.h"

namespace gyre::access {

/// The key of AWS Signature Version 4 for one day, region and service. `date` is "20261124".
[[nodiscard]] core::Sha256Bytes DeriveSigningKey(std::string_view secret, std::string_view date,
                                                 std::string_view region, std::string_view service);

[[nodiscard]] inline std::string_view AsText(const core::Sha256Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Derived keys by access key, day, region and service: spares four of the five HMACs of a check.
/// Bounded; thread-safe.
class SigningKeyCache {
  public:
    [[nodiscard]] core::Sha256Bytes Get(const std::string& access_key_id, std::string_view secret,
                                        std::string_view date, std::string_view region,
                                        std::string_view service);

  private:
    struct Entry {
        std::string secret;  ///< what it was made of: a key may come back with another secret
        core::Sha256Bytes key{};
    };
    core::Guarded<std::unordered_map<std::string, Entry>> entries_;
};

}  // namespace gyre::access

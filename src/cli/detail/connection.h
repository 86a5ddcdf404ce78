#pragma once

#include <string>

#include "cli/detail/session.h"
#include "core/result.h"

namespace gyre::cli::detail {

/// What every client command takes.
struct ConnectionOptions {
    std::string url;
    std::string data;
    std::string region;
    bool json = false;
};

/// Where a platform answers, and who asks.
struct Connection {
    std::string url;  ///< "http://127.0.0.1:8080", without a slash at its end
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;  ///< "" when none
    std::string region;
    std::string keys_from;  ///< where the keys were found, for errors
};

/// Whose keys to prefer when both the environment and the folder have some: a command acts for
/// whoever the environment says, `gyre env` is to print the platform's own.
enum class KeyOrder { kEnvironmentFirst, kFolderFirst };

/// The address: --url, else DIR/address of a --data that was given, else GYRE_URL or
/// AWS_ENDPOINT_URL, else the address in GYRE_DATA or ./data. The keys: AWS_ACCESS_KEY_ID and its
/// secret, GYRE_ACCESS_KEY_ID and its secret, DIR/credentials. Errors say what to set.
[[nodiscard]] core::Result<Connection> FindConnection(const Session& session,
                                                      const ConnectionOptions& options,
                                                      KeyOrder order = KeyOrder::kEnvironmentFirst);

/// "host:port" of an http:// URL. Errors: kInvalidArgument for any other.
[[nodiscard]] core::Result<std::string> AddressOf(const std::string& url);

}  // namespace gyre::cli::detail

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
    std::string authority;   ///< PEM file to trust for https; "" for the system's, and for http
    bool of_folder = false;  ///< found in the platform's own folder
    std::string url_from;    ///< where the address was found, for errors
    std::string keys_from;   ///< and the keys
};

/// Where to look first. Commands act for whoever the environment says; `gyre env` is there to make
/// that environment, so what an earlier one left in it comes last.
enum class Prefer { kEnvironment, kFolder };

/// The address: --url, else DIR/address of a --data that was given, else GYRE_URL or
/// AWS_ENDPOINT_URL, else the address in GYRE_DATA or ./data. The keys come from where the address
/// came from, so that keys of another AWS account in the environment do no harm: for one found in a
/// folder GYRE_ACCESS_KEY_ID and its secret, the folder's credentials, AWS_ACCESS_KEY_ID and its
/// secret; for another AWS_…, GYRE_…, and the folder's. The authority is the folder's tls/ca.pem,
/// for another AWS_CA_BUNDLE. Errors say what to set.
[[nodiscard]] core::Result<Connection> FindConnection(const Session& session,
                                                      const ConnectionOptions& options,
                                                      Prefer prefer = Prefer::kEnvironment);

struct UrlAddress {
    std::string address;  ///< "host:port"
    bool secure = false;  ///< https
};

/// What an http:// or https:// URL names. Errors: kInvalidArgument for any other.
[[nodiscard]] core::Result<UrlAddress> AddressOf(const std::string& url);

}  // namespace gyre::cli::detail

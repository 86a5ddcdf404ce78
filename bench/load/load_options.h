#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/sign.h"

namespace gyre::load {

enum class Check {
    kNone,
    kFirst,   ///< an answer must equal the first one to the same body
    kLength,  ///< its body must be as long as that of the first one to the same body
};

/// What to send where, and for how long.
struct LoadOptions {
    std::string address = "127.0.0.1";  ///< IPv4; loopback only
    uint16_t port = 0;
    std::string method = "POST";
    std::string path = "/";
    std::string content_type = "application/octet-stream";
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<std::string> bodies;                  ///< sent in turn; at least one
    std::optional<access::SigningIdentity> identity;  ///< absent: requests are not signed

    size_t clients = 1;  ///< closed loop: connections, each with one request under way
    double rate = 0;     ///< open loop: mean of Poisson arrivals, requests/s; 0: closed loop
    size_t max_connections = 1024;  ///< open loop
    uint64_t seed = 1;

    std::chrono::nanoseconds warm_up{std::chrono::seconds(1)};
    std::chrono::nanoseconds duration{std::chrono::seconds(5)};
    /// Open loop: how long to wait for the last answers.
    std::chrono::nanoseconds drain{std::chrono::seconds(5)};
    /// A right answer within this time of the intended send is a good one; 0: any right answer.
    std::chrono::nanoseconds good_within{0};
    Check check = Check::kNone;
    std::string expect_prefix;
};

}  // namespace gyre::load

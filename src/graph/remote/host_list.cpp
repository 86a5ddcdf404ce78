#include "graph/remote/host_list.h"

#include <algorithm>

#include "net/ip_address.h"

namespace gyre::graph::remote {

using core::Code;

core::Result<HostList> HostList::Parse(const std::vector<std::string>& entries, bool private_too) {
    HostList list;
    list.private_too_ = private_too;
    for (const std::string& text : entries) {
        Entry entry;
        std::string host = text;
        if (host.starts_with("*.")) {
            entry.below = true;
            host.erase(0, 2);
        }
        if (host.ends_with(":*")) {
            entry.any_port = true;
            host.resize(host.size() - 2);
        }
        const auto address = ParseWebAddress("http://" + host);
        const bool bare = host.find_first_of("/?#") == std::string::npos;
        const bool has_port = !host.ends_with(']') && host.find(':') != std::string::npos;
        if (!address || !bare || (entry.any_port && has_port)) {
            return core::Fail(Code::kInvalidArgument,
                              "graph.remote_hosts: '" + text +
                                  "' is none of HOST, HOST:PORT, HOST:* and *.DOMAIN");
        }
        entry.host = (entry.below ? "." : "") + address->host;
        if (has_port) entry.port = address->port;
        list.entries_.push_back(std::move(entry));
    }
    return list;
}

core::Status HostList::Allows(const WebAddress& address) const {
    const bool listed = std::ranges::any_of(entries_, [&](const Entry& entry) {
        const bool port =
            entry.any_port ||
            (entry.port ? address.port == *entry.port : address.port == 80 || address.port == 443);
        return port &&
               (entry.below ? address.host.ends_with(entry.host) : address.host == entry.host);
    });
    if (listed) return {};
    return core::Fail(Code::kPermissionDenied, "AccessDeniedException",
                      "this server asks no other one at " + address.Place() +
                          ": add it to graph.remote_hosts in the configuration");
}

bool HostList::MayConnect(const WebAddress& address, const std::string& ip) const {
    const bool as_it_stands = address.host == ip || address.host == "localhost";
    return private_too_ || as_it_stands || net::IsPublicAddress(ip);
}

}  // namespace gyre::graph::remote

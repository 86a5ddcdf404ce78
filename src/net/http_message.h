#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gyre::net {

/// Header fields in the order they came; names compare without case.
class Headers {
  public:
    using Field = std::pair<std::string, std::string>;

    /// The first field of that name.
    [[nodiscard]] std::optional<std::string_view> Find(std::string_view name) const;
    /// "" when absent.
    [[nodiscard]] std::string_view Get(std::string_view name) const;
    void Add(std::string name, std::string value);
    /// Replaces every field of that name.
    void Set(std::string_view name, std::string value);
    void Remove(std::string_view name);

    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }
    [[nodiscard]] size_t size() const { return fields_.size(); }

  private:
    std::vector<Field> fields_;
};

/// Compares ASCII letters without case.
[[nodiscard]] bool EqualsIgnoreCase(std::string_view a, std::string_view b);

/// Decodes %XX; nullopt for a broken escape. `plus_is_space` for form bodies and queries.
[[nodiscard]] std::optional<std::string> PercentDecode(std::string_view text,
                                                       bool plus_is_space = false);
/// The decoded parts of a path between its slashes; an empty one at the end is left out. nullopt
/// for a broken escape.
[[nodiscard]] std::optional<std::vector<std::string>> SplitPath(std::string_view path);
/// Encodes all but RFC 3986's unreserved characters (and '/' when `keep_slash`).
[[nodiscard]] std::string PercentEncode(std::string_view text, bool keep_slash = false);

/// The query "a=1&b" as decoded pairs, in order; nullopt for a broken escape.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> ParseQuery(
    std::string_view query);

/// What stands before one of `domains` in a Host header, without its port and in lower case; ""
/// where Host is none of them or one of them itself.
[[nodiscard]] std::string SubdomainOf(std::string_view host,
                                      const std::vector<std::string>& domains);

struct RequestHead {
    std::string method;  ///< upper-case as sent: "GET"
    std::string target;  ///< the raw request target: "/a%20b?x=1"
    std::string path;    ///< target before '?', still encoded: "/a%20b"
    std::string query;   ///< target after '?', still encoded: "x=1"
    Headers headers;
    std::string remote_address;  ///< "127.0.0.1"; "" for a Unix socket
    bool secure = false;         ///< over TLS
    /// What stands before one of the server's own domains in Host: "a" of "a.gyre.example".
    std::string subdomain;
    std::string request_id;  ///< made by the server, unique; logs and answers carry it
};

struct ResponseHead {
    int status = 200;
    Headers headers;  ///< Content-Length, Transfer-Encoding, Date and Connection are the server's
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
};

/// "Not Found" for 404.
[[nodiscard]] std::string_view StatusText(int status);

}  // namespace gyre::net

#include "serving/kserve/open_access.h"

#include <doctest/doctest.h>

namespace gyre::serving::kserve {
namespace {

net::RequestHead From(const std::string& peer, std::initializer_list<net::Headers::Field> fields) {
    net::RequestHead head;
    head.remote_address = peer;
    for (const auto& [name, value] : fields) head.headers.Add(name, value);
    return head;
}

TEST_CASE("the machine's own requests are open, others show the token") {
    const OpenAccess access{.token = "secret", .open_on_loopback = true};
    CHECK(access.Permits(From("127.0.0.1", {})));
    CHECK(access.Permits(From("::1", {})));
    CHECK(access.Permits(From("", {})));
    CHECK_FALSE(access.Permits(From("10.0.0.7", {})));
    CHECK(access.Permits(From("10.0.0.7", {{"Authorization", "Bearer secret"}})));
    for (const char* wrong :
         {"Bearer secre", "Bearer secret2", "Bearer ", "secret", "Basic secret", "bearer secret"}) {
        CHECK_FALSE(access.Permits(From("10.0.0.7", {{"Authorization", wrong}})));
    }
}

TEST_CASE("a request that a proxy or a web page sends is not the machine's own") {
    const OpenAccess access{.token = "secret", .open_on_loopback = true};
    for (const char* name : {"X-Forwarded-For", "Forwarded", "Origin"}) {
        CHECK_FALSE(access.Permits(From("127.0.0.1", {{name, "x"}})));
        CHECK(access.Permits(From("127.0.0.1", {{name, "x"}, {"Authorization", "Bearer secret"}})));
    }
}

TEST_CASE("the loopback may be closed too, and an empty token opens nothing") {
    CHECK_FALSE(OpenAccess{.token = "s", .open_on_loopback = false}.Permits(From("127.0.0.1", {})));
    CHECK_FALSE(OpenAccess{.token = "", .open_on_loopback = false}.Permits(
        From("127.0.0.1", {{"Authorization", "Bearer "}})));
}

}  // namespace
}  // namespace gyre::serving::kserve

#include "graph/remote/host_list.h"

#include <doctest/doctest.h>

#include "graph/remote/web_address.h"

using namespace gyre;
using graph::remote::HostList;
using graph::remote::ParseWebAddress;

namespace {

bool Allows(const HostList& list, const char* iri) {
    const auto address = ParseWebAddress(iri);
    return address && list.Allows(*address);
}

}  // namespace

TEST_CASE("An address is taken apart, and what may be read in two ways is refused") {
    const auto one = ParseWebAddress("HTTPS://Data.Example:8443/a b?q=\xC3\xA9#x");
    REQUIRE(one);
    CHECK(one->secure);
    CHECK(one->host == "data.example");
    CHECK(one->port == 8443);
    CHECK(one->target == "/a%20b?q=%C3%A9");
    CHECK(one->Place() == "data.example:8443");
    CHECK(ParseWebAddress("http://e")->target == "/");
    CHECK(ParseWebAddress("http://e?x")->target == "/?x");
    CHECK(ParseWebAddress("http://[::1]:8182/sparql")->Place() == "[::1]:8182");
    CHECK(ParseWebAddress("https://[::1]/")->HostField() == "[::1]");
    CHECK(ParseWebAddress("http://e:80/")->HostField() == "e");
    for (const char* iri : {"ftp://e/", "file:///etc/passwd", "http:e", "http://", "http://a@e/",
                            "http://e:/", "http://e:0/", "http://e:99999/", "http://e:80x/",
                            "http://[e]/", "http://[::1/", "http://e\\@f/", "http://e%2f/", "e"}) {
        CAPTURE(iri);
        CHECK_FALSE(ParseWebAddress(iri));
    }
}

TEST_CASE("Only hosts of the list are asked, at the ports that it means") {
    const auto list = HostList::Parse(
        {"data.example", "Other.example:3030", "*.below.example", "any.example:*", "[::1]:8182"},
        false);
    REQUIRE(list);
    for (const char* iri :
         {"http://data.example/x", "https://DATA.example/", "http://other.example:3030/",
          "https://a.below.example/", "https://a.b.below.example/", "http://any.example:1/",
          "http://any.example/", "http://[::1]:8182/"}) {
        CAPTURE(iri);
        CHECK(Allows(*list, iri));
    }
    for (const char* iri :
         {"http://data.example:8080/", "http://other.example/", "http://below.example/",
          "http://xbelow.example/", "http://data.example.evil.example/", "http://[::1]/",
          "http://evil.example/data.example", "http://127.0.0.1/"}) {
        CAPTURE(iri);
        CHECK_FALSE(Allows(*list, iri));
    }
    const auto refused = HostList().Allows(*ParseWebAddress("http://data.example/"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("graph.remote_hosts") != std::string::npos);
    for (const char* entry : {"", "*", "http://e", "e/path", "e:x", "*.", "e:80:*"}) {
        CAPTURE(entry);
        CHECK_FALSE(HostList::Parse({entry}, false));
    }
}

TEST_CASE("A listed name does not lead into a private network unless that is meant") {
    const auto list = HostList::Parse({"data.example", "10.0.0.1", "localhost:*"}, false);
    const auto name = *ParseWebAddress("http://data.example/");
    CHECK(list->MayConnect(name, "8.8.8.8"));
    CHECK_FALSE(list->MayConnect(name, "10.0.0.1"));
    CHECK_FALSE(list->MayConnect(name, "127.0.0.1"));
    CHECK(list->MayConnect(*ParseWebAddress("http://10.0.0.1/"), "10.0.0.1"));
    CHECK(list->MayConnect(*ParseWebAddress("http://localhost:1/"), "::1"));
    CHECK(HostList::Parse({"data.example"}, true)->MayConnect(name, "10.0.0.1"));
}

#include "graph/door/form_parts.h"

#include <doctest/doctest.h>

using gyre::graph::door::FormParts;

TEST_CASE("A multipart body is divided at its boundary") {
    const auto parts = FormParts("multipart/form-data; charset=utf-8; boundary=\"x y\"",
                                 "--x y\r\nContent-Disposition: form-data; name=\"a\"\r\n"
                                 "CONTENT-TYPE: text/turtle; charset=utf-8\r\n\r\n--x\r\n"
                                 "\r\n--x y\r\n\r\nb\r\n--x y--\r\n");
    REQUIRE(parts);
    REQUIRE(parts->size() == 2);
    CHECK((*parts)[0].type == "text/turtle; charset=utf-8");
    CHECK((*parts)[0].body == "--x\r\n");
    CHECK((*parts)[1].type.empty());
    CHECK((*parts)[1].body == "b");
    CHECK(FormParts("multipart/form-data; boundary=x", "--x--")->empty());
    CHECK((*FormParts("a; boundary=x", "--x\r\nA: b\r\n\r\n\r\n--x--"))[0].body.empty());
}

TEST_CASE("A multipart body that does not keep to its boundary is none") {
    for (const char* body : {"", "x", "--x", "--x\r\n", "--x\r\n\r\nbody", "--x\r\nA: b\r\n--x--",
                             "--xy\r\n\r\nb\r\n--xy--"}) {
        CAPTURE(body);
        CHECK_FALSE(FormParts("multipart/form-data; boundary=x", body));
    }
    CHECK_FALSE(FormParts("multipart/form-data", "--\r\n\r\nb\r\n----"));
}

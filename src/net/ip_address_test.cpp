#include "net/ip_address.h"

#include <doctest/doctest.h>

using gyre::net::IsPublicAddress;

TEST_CASE("Addresses of the public internet are told from all others") {
    for (const char* ip :
         {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.128.0.1", "198.17.0.1",
          "223.255.255.255", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
        CAPTURE(ip);
        CHECK(IsPublicAddress(ip));
    }
    for (const char* ip : {"0.0.0.0",
                           "10.1.2.3",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.255.255.254",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.168.1.1",
                           "198.18.0.1",
                           "198.51.100.7",
                           "203.0.113.7",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "64:ff9b::a00:1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "2001::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "::127.0.0.1",
                           "",
                           "localhost",
                           "127.1"}) {
        CAPTURE(ip);
        CHECK_FALSE(IsPublicAddress(ip));
    }
}

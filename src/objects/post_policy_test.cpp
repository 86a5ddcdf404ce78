#include <doctest/doctest.h>

#include "core/digest.h"
#include "objects/detail/form_reader.h"
#include "objects/post_policy.h"
#include "objects/test_body.h"

using namespace gyre::objects;
using gyre::core::WallTime;

namespace {

gyre::core::Result<PostPolicy> Parse(const std::string& json) {
    return PostPolicy::Parse(gyre::core::Base64Encode(json));
}

std::string Conditions(const std::string& conditions) {
    return R"({"expiration":"2030-01-01T00:00:00.000Z","conditions":[)" + conditions + "]}";
}

std::string Verdict(const std::string& conditions, const FormFields& fields) {
    const auto policy = Parse(Conditions(conditions));
    if (!policy) return policy.error().wire_name;
    const auto checked = policy->Check(fields, "b", WallTime());
    return checked ? "ok" : checked.error().wire_name;
}

}  // namespace

TEST_CASE("a form's fields against its policy") {
    struct Case {
        const char* conditions;
        FormFields fields;
        const char* verdict;
    };
    const Case cases[] = {
        {R"({"key":"a"})", {{"key", "a"}}, "ok"},
        {R"({"KEY":"a"})", {{"Key", "a"}}, "ok"},
        {R"({"key":"a"})", {{"key", "b"}}, "AccessDenied"},
        {R"(["eq","$key","a"])", {{"key", "a"}}, "ok"},
        {R"(["starts-with","$key","user/"])", {{"key", "user/x"}}, "ok"},
        {R"(["starts-with","$key","user/"])", {{"key", "other/x"}}, "AccessDenied"},
        {R"({"key":"a"},{"bucket":"b"})", {{"key", "a"}}, "ok"},
        {R"({"key":"a"},{"bucket":"c"})", {{"key", "a"}}, "AccessDenied"},
        {R"({"key":"a"})", {{"key", "a"}, {"x-amz-meta-m", "1"}}, "AccessDenied"},
        {R"({"key":"a"})", {{"key", "a"}, {"x-ignore-this", "1"}}, "ok"},
        {R"({"key":"a"},{"acl":"private"})", {{"key", "a"}}, "AccessDenied"},
        {R"(["near","$key","a"])", {{"key", "a"}}, "InvalidPolicyDocument"},
        {R"(["eq","key","a"])", {{"key", "a"}}, "InvalidPolicyDocument"},
        {R"(["content-length-range",0])", {{"key", "a"}}, "InvalidPolicyDocument"},
        {R"(["content-length-range",-1,0])", {{"key", "a"}}, "InvalidPolicyDocument"},
        {"", {{"key", "a"}}, "InvalidPolicyDocument"},
        {"{}", {{"key", "a"}}, "InvalidPolicyDocument"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.conditions);
        CHECK(Verdict(one.conditions, one.fields) == one.verdict);
    }
}

TEST_CASE("a policy without its parts is none") {
    for (const char* bad :
         {"", "[]", R"({"conditions":[{"key":"a"}]})", R"({"expiration":"2030-01-01T00:00:00Z"})",
          R"({"expiration":"tomorrow","conditions":[{"key":"a"}]})",
          R"({"expiration":"2030-13-01T00:00:00Z","conditions":[{"key":"a"}]})",
          R"({"Expiration":"2030-01-01T00:00:00Z","conditions":[{"key":"a"}]})"}) {
        CAPTURE(bad);
        const auto policy = Parse(bad);
        REQUIRE(!policy);
        CHECK(policy.error().wire_name == "InvalidPolicyDocument");
    }
    CHECK(!PostPolicy::Parse("%%%"));
}

TEST_CASE("a policy ends") {
    const auto policy = Parse(
        R"({"expiration":"1970-01-01T00:01:00Z","conditions":[{"key":"a"},["content-length-range",2,9]]})");
    REQUIRE(policy);
    CHECK(policy->Least() == 2);
    CHECK(policy->Most() == 9);
    CHECK(policy->Check({{"key", "a"}}, "b", WallTime(gyre::core::milliseconds(59'999))));
    CHECK(!policy->Check({{"key", "a"}}, "b", WallTime(gyre::core::milliseconds(60'000))));
}

TEST_CASE("a form is read whatever the pieces that it comes in") {
    const std::string file = Noise(200'000, 3) + "\r\n--boundary\r\n-almost\r\n--bound";
    const std::string text =
        "--boundary!\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nin/${filename}\r\n"
        "--boundary!\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n"
        "--boundary!\r\nContent-Disposition: form-data; name=\"file\"; "
        "filename=\"C:\\\\x\\\\a b.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" +
        file +
        "\r\n--boundary!\r\nContent-Disposition: form-data; name=\"late\"\r\n\r\nx\r\n"
        "--boundary!--\r\n";
    for (const size_t piece : {size_t{1}, size_t{7}, size_t{1000}, size_t{1} << 20}) {
        CAPTURE(piece);
        TextBody body(text, piece);
        gyre::objects::detail::FormReader form(body, "boundary!");
        REQUIRE(form.ReadFields());
        CHECK(form.Fields() == FormFields{{"key", "in/${filename}"}, {"empty", ""}});
        CHECK(form.HasFile());
        CHECK(form.FileName() == "a b.jpg");
        const auto read = ReadAll(form, 997);
        REQUIRE(read);
        CHECK((*read == file));
    }
}

TEST_CASE("a form that is broken off or too large is an error") {
    const std::string head =
        "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n0123456789";
    const auto outcome = [](const std::string& text, uint64_t least, uint64_t most) {
        TextBody body(text);
        gyre::objects::detail::FormReader form(body, "b");
        form.Limit(least, most);
        if (const auto fields = form.ReadFields(); !fields) return fields.error().wire_name;
        const auto read = ReadAll(form);
        return read ? std::string("ok") : read.error().wire_name;
    };
    CHECK(outcome(head + "\r\n--b--", 0, 100) == "ok");
    CHECK(outcome(head, 0, 100) == "MalformedPOSTRequest");
    CHECK(outcome(head + "\r\n--b--", 0, 9) == "EntityTooLarge");
    CHECK(outcome(head + "\r\n--b--", 11, 100) == "EntityTooSmall");
    CHECK(outcome("no form at all", 0, 100) == "MalformedPOSTRequest");
    CHECK(outcome("--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n" +
                      std::string(200'000, 'x') + "\r\n--b--",
                  0, 100) == "MaxPostPreDataLengthExceeded");
}

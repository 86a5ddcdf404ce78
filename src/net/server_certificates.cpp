#include "net/server_certificates.h"

#include <algorithm>

#include "core/file_system.h"
#include "core/log.h"

namespace gyre::net {
namespace {

using core::Result;

constexpr size_t kMaxIssued = 1024;
constexpr std::chrono::hours kRenewAfter{24 * 60};
constexpr core::seconds kLookEvery{1};

std::string Lower(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    while (lower.ends_with('.')) lower.pop_back();
    return lower;
}

}  // namespace

ServerCertificates::ServerCertificates(ServerCertificatesOptions options)
    : options_(std::move(options)) {
}

Result<std::unique_ptr<ServerCertificates>> ServerCertificates::Open(
    ServerCertificatesOptions options) {
    std::unique_ptr<ServerCertificates> opened(new ServerCertificates(std::move(options)));
    const auto& given = opened->options_;
    if (!given.key_store_password && given.certificate.empty() != given.key.empty()) {
        return core::Fail(core::Code::kInvalidArgument,
                          "a certificate and its key go together; only one file is named");
    }
    if (!given.certificate.empty()) {
        GYRE_ASSIGN(opened->own_stamp_, opened->OwnStamp());
        GYRE_ASSIGN(opened->own_, opened->ReadOwn());
        opened->look_again_ = given.clock->Now() + kLookEvery;
    }
    return opened;
}

Result<Certificate> ServerCertificates::ReadOwn() const {
    auto& files = core::RealFileSystem();
    GYRE_ASSIGN(const std::string certificate, core::ReadFile(files, options_.certificate));
    if (options_.key_store_password) {
        auto read = ReadKeyStore(certificate, *options_.key_store_password);
        if (!read) return core::Fail(std::move(read.error()).In(options_.certificate.string()));
        return read;
    }
    GYRE_ASSIGN(const std::string key, core::ReadFile(files, options_.key));
    auto read = ReadCertificate(certificate, key);
    if (!read) {
        return core::Fail(std::move(read.error())
                              .In(options_.certificate.string() + " and " + options_.key.string()));
    }
    return read;
}

Result<ServerCertificates::Stamp> ServerCertificates::OwnStamp() const {
    auto& files = core::RealFileSystem();
    GYRE_ASSIGN(const core::FileInfo certificate, files.Stat(options_.certificate));
    if (options_.key_store_password) return Stamp(certificate.modified, certificate.modified);
    GYRE_ASSIGN(const core::FileInfo key, files.Stat(options_.key));
    return Stamp(certificate.modified, key.modified);
}

void ServerCertificates::RefreshOwn() {
    const core::SteadyTime now = options_.clock->Now();
    if (now < look_again_) return;
    look_again_ = now + kLookEvery;
    const auto stamp = OwnStamp();
    if (!stamp || *stamp == own_stamp_) return;
    auto read = ReadOwn();
    if (!read) {
        // Half of a pair may be written: it is tried again, and said once.
        if (refused_stamp_ != *stamp) {
            core::LogWarning("a changed certificate cannot be used yet",
                             {{"reason", read.error().message}});
        }
        refused_stamp_ = *stamp;
        return;
    }
    own_ = std::move(*read);
    own_stamp_ = *stamp;
    core::LogInfo("the certificate was read again", {{"file", options_.certificate.string()}});
}

Result<Certificate> ServerCertificates::IssueFor(const std::string& key,
                                                 const CertificateNames& names) {
    const core::WallTime now = options_.clock->WallNow();
    if (const auto found = issued_.find(key); found != issued_.end()) {
        recent_.splice(recent_.begin(), recent_, found->second.place);
        if (now < found->second.renew_at) return found->second.certificate;
        GYRE_ASSIGN(found->second.certificate, options_.authority->Issue(names, now));
        found->second.renew_at = now + kRenewAfter;
        return found->second.certificate;
    }
    GYRE_ASSIGN(Certificate issued, options_.authority->Issue(names, now));
    while (issued_.size() >= kMaxIssued) {
        issued_.erase(recent_.back());
        recent_.pop_back();
    }
    recent_.push_front(key);
    issued_.emplace(key, Issued{issued, now + kRenewAfter, recent_.begin()});
    return issued;
}

Result<Certificate> ServerCertificates::Choose(std::string_view name, const std::string& address) {
    const std::string asked = Lower(name);
    const std::lock_guard lock(mutex_);
    if (!asked.empty() && options_.issues && options_.issues(asked)) {
        return IssueFor(asked, {.dns = {asked}, .addresses = {}});
    }
    if (own_) {
        RefreshOwn();
        return *own_;
    }
    CertificateNames names{.dns = {"localhost"}, .addresses = {"127.0.0.1", "::1"}};
    names.dns.insert(names.dns.end(), options_.names.begin(), options_.names.end());
    if (!address.empty() && std::ranges::find(names.addresses, address) == names.addresses.end()) {
        names.addresses.push_back(address);
    }
    return IssueFor("at " + address, names);
}

}  // namespace gyre::net

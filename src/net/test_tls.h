#pragma once

#include <doctest/doctest.h>
#include <poll.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "core/temp_dir.h"
#include "net/detail/socket.h"
#include "net/detail/tls_session.h"
#include "net/tls.h"

namespace gyre::net {

/// An authority, a server's side that shows its certificates, and a client's that trusts it.
struct TestTls {
    TestTls() {
        auto made = CertificateAuthority::Make(core::SystemClock().WallNow());
        REQUIRE(made);
        const auto authority = std::make_shared<const CertificateAuthority>(std::move(*made));
        const auto file = folder.Path() / "ca.pem";
        std::ofstream(file) << authority->CertificatePem();
        auto certificates = ServerCertificates::Open(
            {.authority = authority,
             .clock = &core::SystemClock(),
             .certificate = {},
             .key = {},
             .names = {},
             .issues = [](std::string_view name) { return name.ends_with(".amazonaws.com"); }});
        REQUIRE(certificates);
        server = std::make_unique<TlsServer>(std::move(*certificates));
        client = *TlsClient::Trusting(file);
    }

    core::TempDir folder;
    std::unique_ptr<TlsServer> server;
    std::shared_ptr<const TlsClient> client;
};

/// A client's TLS, step by step, on a socket that a test holds.
class TestSession {
  public:
    TestSession(const TestTls& tls, int socket, const std::string& host)
        : socket_(socket),
          session_(detail::TlsSession::Connect(tls.client->Context(), socket, host)) {}

    detail::Outcome ShakeHands() {
        while (true) {
            const auto outcome = session_->Handshake();
            if (!Wait(outcome)) return outcome;
        }
    }
    void Say(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = session_->Send(bytes);
            if (sent.outcome == detail::Outcome::kDone) bytes.remove_prefix(sent.bytes);
            if (sent.outcome != detail::Outcome::kDone && !Wait(sent.outcome)) return;
        }
    }
    /// What comes until `end` has come, or the connection ends.
    std::string Hear(std::string_view end) {
        std::string heard;
        char buffer[4096];
        while (heard.find(end) == std::string::npos) {
            const auto got = session_->Receive(buffer);
            if (got.outcome == detail::Outcome::kDone) heard.append(buffer, got.bytes);
            if (got.outcome != detail::Outcome::kDone && !Wait(got.outcome)) break;
        }
        return heard;
    }
    detail::TlsSession& Session() { return *session_; }

  private:
    bool Wait(detail::Outcome outcome) const {
        const bool send = outcome == detail::Outcome::kWaitToSend;
        if (!send && outcome != detail::Outcome::kWaitToReceive) return false;
        REQUIRE(detail::PollUntil(socket_, send ? POLLOUT : POLLIN,
                                  std::chrono::steady_clock::now() + core::seconds(60)));
        return true;
    }

    int socket_;
    std::unique_ptr<detail::TlsSession> session_;
};

}  // namespace gyre::net

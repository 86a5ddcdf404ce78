// Point reads over Gremlin's WebSocket, GraphSON 3 as stock clients send it: some connections, each
// of which asks again when it is answered. Prints JSON: reads a second and latencies in µs.
#include <algorithm>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;
using boost::asio::ip::tcp;

constexpr std::string_view kFormat = "application/vnd.gremlin-v3.0+json";

/// A message as the sub-protocol has it: the format's length and name, then the request.
std::string Request(int vertex) {
    std::string message(1, static_cast<char>(kFormat.size()));
    message += kFormat;
    message +=
        R"json({"requestId":{"@type":"g:UUID","@value":"41d2e28a-20a4-4ab0-b379-d810dede3786"},)json"
        R"json("op":"eval","processor":"","args":{"@type":"g:Map","@value":["gremlin",)json"
        R"json("g.V(x).values('name')","language","gremlin-groovy","bindings",)json"
        R"json({"@type":"g:Map","@value":["x",")json" +
        std::to_string(vertex) + R"json("]}]}})json";
    return message;
}

std::vector<double> Ask(const std::string& host, const std::string& port, int vertices,
                        Clock::time_point end, unsigned seed) {
    boost::asio::io_context context;
    beast::websocket::stream<tcp::socket> socket(context);
    boost::asio::connect(socket.next_layer(), tcp::resolver(context).resolve(host, port));
    socket.next_layer().set_option(tcp::no_delay(true));
    socket.handshake(host + ":" + port, "/gremlin");
    socket.binary(true);
    std::mt19937 chance(seed);
    std::uniform_int_distribution<int> any(0, vertices - 1);
    std::vector<double> took;
    beast::flat_buffer answer;
    while (Clock::now() < end) {
        const std::string request = Request(any(chance));
        const auto began = Clock::now();
        socket.write(boost::asio::buffer(request));
        answer.clear();
        socket.read(answer);
        took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - began).count());
        const std::string_view text(static_cast<const char*>(answer.data().data()), answer.size());
        if (text.find("200") == text.npos || text.find("\"x\"") == text.npos) {
            throw std::runtime_error("a wrong answer: " + std::string(text));
        }
    }
    return took;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 6) {
        std::cerr << "usage: gremlin_load HOST PORT CONNECTIONS VERTICES SECONDS\n";
        return 2;
    }
    const int connections = std::atoi(arguments[3]);
    const auto seconds = std::chrono::duration<double>(std::atof(arguments[5]));
    const auto began = Clock::now();
    const auto end = began + std::chrono::duration_cast<Clock::duration>(seconds);
    std::vector<std::vector<double>> each(static_cast<size_t>(connections));
    std::atomic<bool> failed{false};
    {
        std::vector<std::jthread> threads;
        for (size_t i = 0; i < each.size(); ++i) {
            threads.emplace_back([&, i] {
                try {
                    each[i] = Ask(arguments[1], arguments[2], std::atoi(arguments[4]), end,
                                  static_cast<unsigned>(i));
                } catch (const std::exception& error) {
                    std::cerr << error.what() << '\n';
                    failed = true;
                }
            });
        }
    }
    if (failed) return 1;
    std::vector<double> all;
    for (const auto& one : each) all.insert(all.end(), one.begin(), one.end());
    std::ranges::sort(all);
    const auto at = [&](double share) {
        return all[static_cast<size_t>(share * static_cast<double>(all.size() - 1))];
    };
    std::printf(R"({"reads_per_s": %.0f, "p50_us": %.1f, "p99_us": %.1f})"
                "\n",
                static_cast<double>(all.size()) / seconds.count(), at(0.5), at(0.99));
    return 0;
}

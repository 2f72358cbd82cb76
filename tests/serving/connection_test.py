"""Requests to a server that fails, and models that it does not serve."""

import itertools
import random
import select
import socket
import socketserver
import struct
import threading
import time
from concurrent import futures

import grpc
import numpy as np
import pytest

import tfmix
from tests.serving.conftest import unit
from zoo.serving import prediction_service
from zoo.serving.prediction_service import Fault, Server

DOWN = Fault(code=grpc.StatusCode.UNAVAILABLE)
LOST = Fault(code=grpc.StatusCode.UNAVAILABLE, computed=True)


def in_turn(server, *faults):
    """The faults of the next requests; those after them have none."""
    left = itertools.chain(faults, itertools.repeat(Fault()))
    server.faults = lambda: next(left)


def test_a_request_is_sent_again_while_the_server_is_unavailable(sampler, client, server):
    in_turn(server, DOWN, LOST, DOWN)
    np.testing.assert_array_equal(client.sample(5), unit(sampler.sample(1, seed=5)))
    assert server.predictions == 4


def test_other_errors_are_not_tried_again(client, server):
    in_turn(server, Fault(code=grpc.StatusCode.INTERNAL))
    with pytest.raises(RuntimeError, match="responded with INTERNAL: An injected fault"):
        client.sample(5)
    assert server.predictions == 1


def test_a_server_that_stays_unavailable_is_given_up_at_the_deadline(make, server):
    server.faults = lambda: DOWN
    started = time.monotonic()
    with pytest.raises(ConnectionError) as raised:
        make(deadline=0.6).sample(5)
    assert time.monotonic() - started < 2
    assert server.address in str(raised.value)
    assert f"tries: {server.predictions})" in str(raised.value)
    assert isinstance(raised.value.__cause__, grpc.RpcError)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_server_that_is_not_there_is_a_connection_error(make):
    with pytest.raises(ConnectionError, match="See that TF Serving runs"):
        make(address=f"127.0.0.1:{free_port()}", deadline=0.3).sample(5)


def test_a_server_that_comes_back_is_found_again(sampler, exported, make):
    port = free_port()
    back = Server({"tiny": exported / "1"}, port=port)
    client = make("tiny", f"127.0.0.1:{port}")
    with futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.sample, 5)
        time.sleep(0.3)
        with back:
            np.testing.assert_array_equal(asked.result(), unit(sampler.sample(1, seed=5)))


def test_a_server_that_does_not_respond_is_a_timeout(make, server):
    in_turn(server, Fault(delay=2.0))
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"did not respond in 0\.3 s"):
        make(deadline=0.3).sample(5)
    assert time.monotonic() - started < 1.9


class Proxy(socketserver.ThreadingTCPServer):
    """Passes bytes on to a server; resets a connection in the middle of a response on demand."""

    daemon_threads = True

    def __init__(self, address):
        self.target, self.bytes_left, self.resets = address.split(":"), None, 0
        super().__init__(("127.0.0.1", 0), None)

    def finish_request(self, client, _):
        with socket.create_connection(self.target) as server:
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(256)
                    if not data:
                        return
                    if ready is server and self.bytes_left is not None:
                        self.bytes_left -= len(data)
                        if self.bytes_left < 0:
                            self.bytes_left, self.resets = None, self.resets + 1
                            linger = struct.pack("ii", 1, 0)  # close() sends a reset
                            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                            return
                    (server if ready is client else client).sendall(data)

    def shutdown_request(self, request):
        request.close()  # without an orderly end before


def test_a_connection_that_is_reset_mid_response_is_tried_again(sampler, make, server):
    with Proxy(server.address) as proxy:
        threading.Thread(target=proxy.serve_forever, args=[0.01], daemon=True).start()
        client = make(address=f"127.0.0.1:{proxy.server_address[1]}")
        client.sample(0)
        proxy.bytes_left = 2000  # of 64 images, 16 KiB
        drawn = client.sample(tfmix.seeds.row_seeds(5, 64))
        proxy.shutdown()
    assert proxy.resets == 1
    assert server.predictions == 3
    np.testing.assert_array_equal(drawn, unit(sampler.sample(64, seed=5)))


def test_clients_at_once_get_each_their_own_images_in_spite_of_faults(sampler, make, server):
    server.faults = prediction_service.draw_faults(
        0, unavailable=0.1, lost=0.1, delayed=0.1, delay=0.01
    )
    clients = [make() for _ in range(8)]
    requests = [range(10 * number, 10 * number + number % 7) for number in range(200)]

    order = random.Random(0).sample(range(200), 200)
    with futures.ThreadPoolExecutor(8) as pool:
        responses = pool.map(lambda each: clients[each % 8].sample(requests[each]), order)
        drawn = dict(zip(order, responses, strict=True))
    wanted = unit(sampler.sample(2000, seed=range(2000)))
    for number, request in enumerate(requests):
        np.testing.assert_array_equal(drawn[number], wanted[list(request)])
    assert server.predictions > 200

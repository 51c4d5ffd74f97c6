"""A Kafka client for the tests: librdkafka, called directly.

For what Hearth must survive or must not need: garbage on its topics, a heartbeat from a machine without
an agent, reading the bus from outside. Each call opens a client and closes it again; slow (tens of
milliseconds) and simple.
"""

import ctypes
import ctypes.util
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass

from tools.dev.terminal import Failure

_PRODUCER, _CONSUMER = 0, 1
_COPY_PAYLOAD = 2
_OFFSET_BEGINNING = -2
_PARTITION_ANY = -1


class _Broker(ctypes.Structure):
    _fields_ = [("id", ctypes.c_int32), ("host", ctypes.c_char_p), ("port", ctypes.c_int)]


class _Partition(ctypes.Structure):
    _fields_ = [("id", ctypes.c_int32), ("err", ctypes.c_int), ("leader", ctypes.c_int32), ("replica_cnt", ctypes.c_int),
                ("replicas", ctypes.c_void_p), ("isr_cnt", ctypes.c_int), ("isrs", ctypes.c_void_p)]


class _Topic(ctypes.Structure):
    _fields_ = [("topic", ctypes.c_char_p), ("partition_cnt", ctypes.c_int), ("partitions", ctypes.POINTER(_Partition)),
                ("err", ctypes.c_int)]


class _Metadata(ctypes.Structure):
    _fields_ = [("broker_cnt", ctypes.c_int), ("brokers", ctypes.POINTER(_Broker)), ("topic_cnt", ctypes.c_int),
                ("topics", ctypes.POINTER(_Topic)), ("orig_broker_id", ctypes.c_int32), ("orig_broker_name", ctypes.c_char_p)]


class _Message(ctypes.Structure):
    _fields_ = [("err", ctypes.c_int), ("rkt", ctypes.c_void_p), ("partition", ctypes.c_int32), ("payload", ctypes.c_void_p),
                ("len", ctypes.c_size_t), ("key", ctypes.c_void_p), ("key_len", ctypes.c_size_t), ("offset", ctypes.c_int64),
                ("private", ctypes.c_void_p)]


@dataclass(frozen=True)
class Record:
    offset: int
    key: bytes | None
    value: bytes | None


def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("rdkafka")
    if not name:
        raise Failure("librdkafka is missing: run ./dev setup")
    library = ctypes.CDLL(name)
    for function, result in {"rd_kafka_conf_new": ctypes.c_void_p, "rd_kafka_new": ctypes.c_void_p,
                             "rd_kafka_topic_new": ctypes.c_void_p, "rd_kafka_err2str": ctypes.c_char_p,
                             "rd_kafka_NewTopic_new": ctypes.c_void_p, "rd_kafka_DeleteTopic_new": ctypes.c_void_p,
                             "rd_kafka_queue_new": ctypes.c_void_p,
                             "rd_kafka_queue_poll": ctypes.c_void_p,
                             "rd_kafka_consume": ctypes.POINTER(_Message)}.items():
        getattr(library, function).restype = result
    for function in ("rd_kafka_destroy", "rd_kafka_topic_destroy", "rd_kafka_message_destroy"):
        getattr(library, function).argtypes = [ctypes.c_void_p]
        getattr(library, function).restype = None
    return library


class Bus:
    """The broker behind `address` (HOST:PORT)."""

    def __init__(self, address: str):
        self.address = address
        self._kafka = _library()

    def answers(self, timeout_s: float = 1) -> bool:
        """True if a broker returns its metadata: it is up, registered and reachable."""
        try:
            with self._client(_PRODUCER) as client:
                return self._metadata(client, timeout_s)[0] > 0
        except OSError:
            return False

    def topics(self, timeout_s: float = 5) -> dict[str, int]:
        """The number of partitions of each topic."""
        with self._client(_PRODUCER) as client:
            return self._metadata(client, timeout_s)[1]

    def create_topic(self, name: str, timeout_s: float = 10) -> None:
        """With one partition."""
        kafka, why = self._kafka, ctypes.create_string_buffer(256)
        with self._client(_PRODUCER) as client:
            topic = kafka.rd_kafka_NewTopic_new(name.encode(), 1, 1, why, ctypes.c_size_t(256))
            topics = (ctypes.c_void_p * 1)(topic)
            queue = kafka.rd_kafka_queue_new(ctypes.c_void_p(client))
            kafka.rd_kafka_CreateTopics(ctypes.c_void_p(client), topics, ctypes.c_size_t(1), None, ctypes.c_void_p(queue))
            event = kafka.rd_kafka_queue_poll(ctypes.c_void_p(queue), int(timeout_s * 1000))
            failed = not event or kafka.rd_kafka_event_error(ctypes.c_void_p(event))
            kafka.rd_kafka_event_destroy(ctypes.c_void_p(event))
            kafka.rd_kafka_queue_destroy(ctypes.c_void_p(queue))
            kafka.rd_kafka_NewTopic_destroy(ctypes.c_void_p(topic))
            if failed:
                raise OSError(f"the broker did not make topic '{name}'")

    def delete_topic(self, name: str, timeout_s: float = 10) -> None:
        kafka = self._kafka
        with self._client(_PRODUCER) as client:
            topic = kafka.rd_kafka_DeleteTopic_new(name.encode())
            topics = (ctypes.c_void_p * 1)(topic)
            queue = kafka.rd_kafka_queue_new(ctypes.c_void_p(client))
            kafka.rd_kafka_DeleteTopics(ctypes.c_void_p(client), topics, ctypes.c_size_t(1), None, ctypes.c_void_p(queue))
            event = kafka.rd_kafka_queue_poll(ctypes.c_void_p(queue), int(timeout_s * 1000))
            failed = not event or kafka.rd_kafka_event_error(ctypes.c_void_p(event))
            kafka.rd_kafka_event_destroy(ctypes.c_void_p(event))
            kafka.rd_kafka_queue_destroy(ctypes.c_void_p(queue))
            kafka.rd_kafka_DeleteTopic_destroy(ctypes.c_void_p(topic))
            if failed:
                raise OSError(f"the broker did not delete topic '{name}'")

    def publish(self, topic: str, values: Iterable[bytes | None], key: bytes | None = None, timeout_s: float = 10) -> None:
        """Writes the records; OSError unless the broker accepted them all. None is a tombstone."""
        kafka = self._kafka
        with self._client(_PRODUCER) as client, self._topic(client, topic) as handle:
            for value in values:
                code = kafka.rd_kafka_produce(
                    ctypes.c_void_p(handle), ctypes.c_int32(_PARTITION_ANY), _COPY_PAYLOAD, value,
                    ctypes.c_size_t(len(value or b"")), key, ctypes.c_size_t(len(key or b"")), None)
                if code != 0:
                    raise OSError(f"cannot write to '{topic}': {self._last_error()}")
            if kafka.rd_kafka_flush(ctypes.c_void_p(client), int(timeout_s * 1000)) != 0:
                raise OSError(f"the broker did not accept what was written to '{topic}' within {timeout_s} s")

    def read(self, topic: str, partition: int = 0, timeout_s: float = 5, idle_s: float = 0.5) -> list[Record]:
        """All records of the partition, oldest first. Ends once none has arrived for `idle_s`."""
        kafka, records, waited = self._kafka, [], 0.0
        with self._client(_CONSUMER) as client, self._topic(client, topic) as handle:
            rkt = ctypes.c_void_p(handle)
            if kafka.rd_kafka_consume_start(rkt, ctypes.c_int32(partition), ctypes.c_int64(_OFFSET_BEGINNING)) != 0:
                raise OSError(f"cannot read '{topic}': {self._last_error()}")
            while waited < (idle_s if records else timeout_s):
                message = kafka.rd_kafka_consume(rkt, ctypes.c_int32(partition), 100)
                if not message:
                    waited += 0.1
                    continue
                reported = message.contents
                if reported.err == 0:
                    waited = 0.0
                    records.append(Record(reported.offset, _bytes(reported.key, reported.key_len), _bytes(reported.payload, reported.len)))
                kafka.rd_kafka_message_destroy(ctypes.cast(message, ctypes.c_void_p))
            kafka.rd_kafka_consume_stop(rkt, ctypes.c_int32(partition))
        return records

    @contextmanager
    def _client(self, kind: int):
        kafka, why = self._kafka, ctypes.create_string_buffer(256)
        conf = kafka.rd_kafka_conf_new()
        settings = {"bootstrap.servers": self.address, "log_level": "0", "message.max.bytes": "4000000"}
        for key, value in settings.items():
            kafka.rd_kafka_conf_set(ctypes.c_void_p(conf), key.encode(), value.encode(), why, ctypes.c_size_t(256))
        client = kafka.rd_kafka_new(kind, ctypes.c_void_p(conf), why, ctypes.c_size_t(256))
        if not client:
            raise OSError(why.value.decode())
        try:
            yield client
        finally:
            kafka.rd_kafka_destroy(client)

    @contextmanager
    def _topic(self, client: int, name: str):
        handle = self._kafka.rd_kafka_topic_new(ctypes.c_void_p(client), name.encode(), None)
        if not handle:
            raise OSError(f"cannot use topic '{name}': {self._last_error()}")
        try:
            yield handle
        finally:
            self._kafka.rd_kafka_topic_destroy(handle)

    def _metadata(self, client: int, timeout_s: float) -> tuple[int, dict[str, int]]:
        reported = ctypes.POINTER(_Metadata)()
        code = self._kafka.rd_kafka_metadata(ctypes.c_void_p(client), 1, None, ctypes.byref(reported), int(timeout_s * 1000))
        if code != 0:
            raise OSError(self._kafka.rd_kafka_err2str(code).decode())
        content = reported.contents
        topics = {content.topics[i].topic.decode(): content.topics[i].partition_cnt for i in range(content.topic_cnt)}
        brokers = content.broker_cnt
        self._kafka.rd_kafka_metadata_destroy(reported)
        return brokers, topics

    def _last_error(self) -> str:
        return self._kafka.rd_kafka_err2str(self._kafka.rd_kafka_last_error()).decode()


def _bytes(pointer: int | None, size: int) -> bytes | None:
    return ctypes.string_at(pointer, size) if pointer else None

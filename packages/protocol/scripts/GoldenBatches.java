import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.*;

/**
 * Without arguments prints record batches as Kafka's own classes build them, "name hex" per line. With a file of such
 * lines as argument reads them back as a Java client would: CRC, decompression, every record.
 */
public class GoldenBatches {
    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            for (String line : Files.readAllLines(Path.of(args[0]))) read(line.split(" "));
            return;
        }
        for (CompressionType type : CompressionType.values()) {
            Compression codec = Compression.of(type).build();
            print(type.name, MemoryRecords.withRecords((byte) 2, 7L, codec, TimestampType.CREATE_TIME, 1000L, (short) 3, 5, 2, false, records(20)));
            print(type.name + "-plain", MemoryRecords.withRecords((byte) 2, 0L, codec, TimestampType.CREATE_TIME, -1L, (short) -1, -1, -1, false, records(1)));
            if (type != CompressionType.NONE)
            print(type.name + "-large", MemoryRecords.withRecords((byte) 2, 0L, codec, TimestampType.CREATE_TIME, -1L, (short) -1, -1, -1, false,
                new SimpleRecord(1730000000000L, null, "abcdefgh".repeat(20_000).getBytes(StandardCharsets.UTF_8))));
        }
        print("transactional", MemoryRecords.withRecords((byte) 2, 0L, Compression.NONE, TimestampType.CREATE_TIME, 9L, (short) 1, 0, 0, true, records(2)));
        print("log-append-time", MemoryRecords.withRecords((byte) 2, 3L, Compression.NONE, TimestampType.LOG_APPEND_TIME, -1L, (short) -1, -1, 4, false, records(3)));
        print("commit", MemoryRecords.withEndTransactionMarker(10L, 1730000000000L, 5, 1000L, (short) 0, new EndTransactionMarker(ControlRecordType.COMMIT, 7)));
        print("abort", MemoryRecords.withEndTransactionMarker(11L, 1730000000000L, 5, 1000L, (short) 0, new EndTransactionMarker(ControlRecordType.ABORT, 7)));
    }

    static SimpleRecord[] records(int count) {
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            Header[] headers = i % 3 == 1
                ? new Header[] { new RecordHeader("h" + i, ("v" + i).getBytes(StandardCharsets.UTF_8)), new RecordHeader("ü", (byte[]) null) }
                : new Header[0];
            byte[] key = i % 4 == 3 ? null : ("key-" + i).getBytes(StandardCharsets.UTF_8);
            byte[] value = i % 5 == 4 ? null : ("value-" + i + "-" + "x".repeat(i)).getBytes(StandardCharsets.UTF_8);
            records[i] = new SimpleRecord(1730000000000L + i * 1000L * (i % 2 == 0 ? 1 : -1), key, value, headers);
        }
        return records;
    }

    static void print(String name, MemoryRecords records) {
        ByteBuffer buffer = records.buffer().duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        System.out.println(name + " " + HexFormat.of().formatHex(bytes));
    }

    static void read(String[] line) {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(HexFormat.of().parseHex(line[1])));
        for (MutableRecordBatch batch : records.batches()) {
            batch.ensureValid();
            int count = 0;
            long bytes = 0;
            for (org.apache.kafka.common.record.Record record : batch) {
                record.ensureValid();
                count++;
                bytes += record.sizeInBytes();
            }
            System.out.println(line[0] + " " + batch.compressionType() + " " + count + " records " + bytes + " bytes, offsets " + batch.baseOffset() + ".." + batch.lastOffset());
        }
    }
}

import com.fasterxml.jackson.databind.*;
import com.fasterxml.jackson.databind.node.*;
import java.io.File;
import java.lang.reflect.*;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.*;

/** Reads [{name, version, value}] and adds `hex`: what Kafka's own generated classes write for the value. */
public class GoldenMessages {
    public static void main(String[] args) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        ArrayNode cases = (ArrayNode) mapper.readTree(new File(args[0]));
        ArrayNode done = mapper.createArrayNode();
        for (JsonNode node : cases) {
            ObjectNode test = (ObjectNode) node;
            short version = (short) test.get("version").asInt();
            String type = "org.apache.kafka.common.message." + test.get("name").asText() + "Data";
            try {
                Class<?> converter = Class.forName(type + "JsonConverter");
                Message message = (Message) converter.getMethod("read", JsonNode.class, short.class).invoke(null, test.get("value"), version);
                if (version < message.lowestSupportedVersion() || version > message.highestSupportedVersion()) continue;
                ObjectSerializationCache cache = new ObjectSerializationCache();
                ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
                message.write(new ByteBufferAccessor(buffer), cache, version);
                test.put("hex", HexFormat.of().formatHex(buffer.array()));
                done.add(test);
            } catch (ClassNotFoundException e) {
                System.err.println("no class " + type);
            } catch (InvocationTargetException e) {
                System.err.println(test.get("name").asText() + " v" + version + ": " + e.getCause());
            } catch (Exception e) {
                System.err.println(test.get("name").asText() + " v" + version + ": " + e);
            }
        }
        mapper.writeValue(new File(args[1]), done);
    }
}

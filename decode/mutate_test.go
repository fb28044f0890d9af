package decode

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestMutatedFramesKeepTheInvariants swaps, drops, duplicates and reorders
// values: what holds for every frame still holds.
func TestMutatedFramesKeepTheInvariants(t *testing.T) {
	m := mutator{rand.New(rand.NewPCG(1, 2))}
	all := frames(t)
	for range 4_000 {
		d := json.NewDecoder(bytes.NewReader(all[m.IntN(len(all))]))
		d.UseNumber()
		var root any
		if d.Decode(&root) != nil {
			continue
		}
		var frame bytes.Buffer
		m.write(&frame, root)
		checkFrame(t, frame.Bytes())
	}
}

type mutator struct{ *rand.Rand }

// substitutes are values to put in place of others.
var substitutes = []string{
	`null`, `true`, `false`, `0`, `-1`, `7`, `2.5`, `1e3`, `9007199254740993`, `1740152273.25`, `1740152273000`, `""`, `"x"`, `"2"`, `"\ud83d\ude00 a b"`, `"a\u0085"`, `"é 夜 b"`,
	`[]`, `{}`, `["x",""]`, `[{"title":"Founder","name":"n"}]`, `{"name":"n","displayName":"d","id":4}`, `"1-twitter-a"`, `"internal"`, `"connecting"`,
	`[{"from":0,"to":0},{"from":2,"to":2,"payload":{"url":"u"}},{"to":3,"from":3}]`,
}

func (m mutator) write(out *bytes.Buffer, v any) {
	if m.IntN(25) == 0 {
		out.WriteString(substitutes[m.IntN(len(substitutes))])
		return
	}
	switch v := v.(type) {
	case map[string]any:
		out.WriteByte('{')
		m.members(out, v)
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			m.write(out, element)
		}
		out.WriteByte(']')
	default:
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		out.Write(text)
	}
}

// members writes the members of an object in random order, some not at all, some
// twice.
func (m mutator) members(out *bytes.Buffer, object map[string]any) {
	var keys []string
	for key := range object {
		for range [...]int{0, 1, 1, 1, 1, 1, 1, 1, 1, 2}[m.IntN(10)] {
			keys = append(keys, key)
		}
	}
	m.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for i, key := range keys {
		if i > 0 {
			out.WriteString([]string{",", " ,\n"}[m.IntN(2)])
		}
		text, err := json.Marshal(key)
		if err != nil {
			panic(err)
		}
		name := string(text)
		if m.IntN(10) == 0 {
			name = strings.Replace(name, "e", `\u0065`, 1)
		}
		out.WriteString(name + ":")
		m.write(out, object[key])
	}
}

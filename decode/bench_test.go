package decode

import (
	"bytes"
	"fmt"
	"os"
	"testing"
)

// chatSlugs returns the platforms that have a chat, and so a transcript.
func chatSlugs() (slugs []string) {
	for _, p := range Platforms {
		if p.HasChat() {
			slugs = append(slugs, p.Slug)
		}
	}
	return slugs
}

// chat returns the events of the platforms' transcripts.
func chat(tb testing.TB) (frames [][]byte, size int64) {
	for _, platform := range chatSlugs() {
		data, err := os.ReadFile("testdata/" + platform + ".txt")
		if err != nil {
			tb.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			if frame, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("> ")); ok && bytes.Contains(frame, []byte(`"action":"event"`)) {
				frames = append(frames, frame)
				size += int64(len(frame))
			}
		}
	}
	return frames, size
}

func decodeAll(tb testing.TB, d *frameDecoder, frames [][]byte) {
	for _, frame := range frames {
		if _, err := d.decode(frame); err != nil {
			tb.Fatal(err)
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	d := newDecoder()
	all := frames(t)
	valid := all[:0]
	for _, frame := range all { // twice, so that all memory is there
		if _, err := d.decode(frame); err == nil && !bytes.Contains(frame, []byte("connection_")) {
			valid = append(valid, frame)
		}
	}
	decodeAll(t, d, valid)
	if n := testing.AllocsPerRun(10, func() { decodeAll(t, d, valid) }); n != 0 {
		t.Errorf("%v allocations in %d frames", n, len(valid))
	}
	info := []byte(`{"action":"connection_info","payload":{"connectionIdentifier":"1-kick-a","connectionUuid":"u","status":"connected","target":{"owner":{"displayName":"Owl"}}}}`)
	decodeAll(t, d, [][]byte{info})
	if n := testing.AllocsPerRun(10, func() { decodeAll(t, d, [][]byte{info}) }); n != 0 {
		t.Errorf("%v allocations in a repeated connection_info", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	frames, size := chat(b)
	d := newDecoder()
	b.ReportAllocs()
	b.SetBytes(size)
	for b.Loop() {
		decodeAll(b, d, frames)
	}
	perFrame := float64(b.Elapsed().Nanoseconds()) / float64(b.N*len(frames))
	b.ReportMetric(perFrame, "ns/frame")
	b.ReportMetric(float64(size)/float64(len(frames)), "B/frame")
}

// BenchmarkSize shows that the time for a frame grows with its size, and not
// faster.
func BenchmarkSize(b *testing.B) {
	for _, size := range []int{300, 3_000, 30_000, 300_000, 1 << 20} {
		for _, piece := range []string{"ascii and more ", "наше видео ", `\n\"escaped\" `} {
			b.Run(fmt.Sprintf("%d/%.5s", size, piece), func(b *testing.B) {
				text := bytes.Repeat([]byte(piece), size/len(piece))
				frame := fmt.Appendf(nil, `{"action":"event","payload":{"eventTypeId":4,"eventPayload":{"replaces":[{"from":0,"to":4}],"text":"%s"}}}`, text)
				d := newDecoder()
				b.SetBytes(int64(len(frame)))
				for b.Loop() {
					decodeAll(b, d, [][]byte{frame})
				}
			})
		}
	}
}

// BenchmarkConnections shows that the time for a frame does not grow with the
// map.
func BenchmarkConnections(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := newDecoder()
			var events [][]byte
			for i := range n {
				decodeAll(b, d, [][]byte{fmt.Appendf(nil, `{"action":"connection_info","payload":{"connectionIdentifier":"9209300-twitch-%d","connectionUuid":"u%d","target":{"owner":{"displayName":"Owl"}}}}`, i, i)})
				events = append(events, fmt.Appendf(nil, `{"action":"event","payload":{"connectionIdentifier":"9209300-twitch-%d","eventTypeId":4}}`, i))
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				decodeAll(b, d, events[i%n:i%n+1])
			}
		})
	}
}

// BenchmarkTypical is the real frame of the documentation, with a text and ids
// of usual length: 716 bytes.
func BenchmarkTypical(b *testing.B) {
	frame := []byte(`{"action":"event","payload":{"connectionIdentifier":"9209300-youtube-fyoek8R2vEQ","eventIdentifier":"cbaa276f8c5a583412fda48e7eff2bb2","eventPayload":{"author":{"avatar":"https://yt3.ggpht.com/ytc/AIdro_kWn1yXb0kz3hTq9mB4dLeQ2pVvJw8sRfUoZc7GtHaNxi5EyPl6=s120-c-k-c0x00ffffff-no-rj","displayName":"Some Viewer","id":"UCxxxxxxxxxxxxxxxxxxxxxx","isChatModerator":false,"isChatOwner":false,"isChatSponsor":false,"isVerified":false},"bot":false,"liveChatMessageId":"LCC.EhwKGkNQbXZ2b1RtMUlzREZjUEN3Z1FkVmJjTzB3bm9vbG9uZ2VydGhhbnlvdXRoaW5rb2ZhbmlkaGVyZQ","text":"this is what people write when a stream goes well: a sentence or two, rarely more"},"eventSourceId":13,"eventTypeId":5,"userId":9209300},"timestamp":1740152273}`)
	d := newDecoder()
	b.ReportAllocs()
	b.SetBytes(int64(len(frame)))
	for b.Loop() {
		decodeAll(b, d, [][]byte{frame})
	}
}

package recording

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// recorded returns a .gz file that the Writer made: members, the last one cut
// where a kill -9 cuts it after the last flush, and the text up to there.
func recorded(t testing.TB, path string, runs int) (data []byte, text string) {
	t.Helper()
	for run := range runs {
		f, err := openFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for flush := range 3 {
			lines := ""
			for n := range 20 {
				lines += fmt.Sprintf(`{"action":"event","payload":{"run":%d,"flush":%d,"n":%d,"text":"%x"}}`+"\n", run, flush, n, n*n*5443576)
			}
			if err := f.write([]byte(lines)); err != nil {
				t.Fatal(err)
			}
			if err := f.flush(); err != nil {
				t.Fatal(err)
			}
			text += lines
		}
		if run < runs-1 {
			if err := f.endMember(); err != nil {
				t.Fatal(err)
			}
		}
		f.close()
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data, text
}

// checkRepair opens a damaged file, appends a line, and checks that everything
// that could be read before is there, and that gunzip reads the file. A file that is
// refused must stay as it was.
func checkRepair(t *testing.T, path string, data []byte) (refused error) {
	t.Helper()
	before, _ := unzip(data)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := openFile(path)
	if err != nil {
		if after, _ := os.ReadFile(path); !bytes.Equal(after, data) {
			t.Fatalf("%v, but the file has changed", err)
		}
		return err
	}
	defer f.close()
	if err := f.write([]byte(heartbeat + "\n")); err != nil {
		t.Fatal(err)
	}
	if err := f.endMember(); err != nil {
		t.Fatal(err)
	}
	repaired, _ := os.ReadFile(path)
	after, err := unzip(repaired)
	if err != nil {
		t.Fatalf("gunzip cannot read the file: %v", err)
	}
	want := string(before)
	if want != "" && !strings.HasSuffix(want, "\n") {
		want += "\n"
	}
	if want += heartbeat + "\n"; string(after) != want {
		t.Fatalf("%d bytes could be read, and %d are there:\n%.2000s", len(before), len(after), after)
	}
	return nil
}

// TestCutAnywhere cuts a file in headers, in text, at flushes and in trailers.
func TestCutAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.raw.gz")
	data, text := recorded(t, path, 3)
	if got, _ := unzip(data); string(got) != text {
		t.Fatal("a flush does not make everything readable")
	}
	for size := 0; size <= len(data); size += 7 {
		if err := checkRepair(t, path, data[:size]); err != nil || t.Failed() {
			t.Fatalf("cut after %d of %d bytes: %v", size, len(data), err)
		}
	}
}

// TestKeepsWhatWasFlushed checks that opening a file after a kill changes nothing before
// the last flush, and only ends the member there.
func TestKeepsWhatWasFlushed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.raw.gz")
	data, text := recorded(t, path, 2)
	closeWriter(t, open(t, path))
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const trailer = 2 + 8 // an empty block, the checksum and the size
	if !bytes.HasPrefix(after, data) || len(after) != len(data)+trailer {
		t.Errorf("%d bytes became %d, of which the first have changed: %v", len(data), len(after), !bytes.HasPrefix(after, data))
	}
	want(t, path, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
	checkWhole(t, path)
}

// TestOpenWhileAnotherEnds has another writer that ends a member after the file was opened
// and before it is locked. That member must not be repaired.
func TestOpenWhileAnotherEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.raw.gz")
	other, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(other.write([]byte(event+"\n")), other.flush())
	handle, createErr := create(path)
	f := &file{File: handle, lock: newLock(path)}
	err = errors.Join(err, createErr, other.write([]byte(heartbeat+"\n")), other.endMember(), other.close())
	if err := errors.Join(err, f.takeLock(), f.prepare(path), f.close()); err != nil {
		t.Fatal(err)
	}
	want(t, path, event, heartbeat)
	checkWhole(t, path)
}

// TestPowerCut has zeros or other data where blocks were not on the disk yet.
func TestPowerCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.raw.gz")
	data, _ := recorded(t, path, 2)
	for _, junk := range [][]byte{make([]byte, 1), make([]byte, 5000), []byte("this is not compressed"), zipped(event)[:40], zipped(event), bytes.Repeat([]byte(flushMarker), 50)} {
		for _, size := range []int{headerSize, len(data) / 3, len(data) * 2 / 3, len(data) - 3, len(data)} {
			if err := checkRepair(t, path, append(bytes.Clone(data[:size]), junk...)); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestForeignFiles has files that other programs wrote.
func TestForeignFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.raw.gz")
	check := func(data []byte) {
		if err := checkRepair(t, path, data); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Repeat(event+"\n", 3000) + event[:20]
	whole := zipped(lines)
	for size := 0; size <= len(whole); size += 3 {
		check(whole[:size])
	}
	var stored bytes.Buffer // the text as it is, with data that looks like a flush
	zip, _ := gzip.NewWriterLevel(&stored, gzip.NoCompression)
	zip.Write([]byte(strings.Repeat(event+flushMarker+"\n", 50)))
	zip.Close()
	for size := 0; size <= stored.Len(); size += 31 {
		check(stored.Bytes()[:size])
	}
	// A file that another program began, and the Writer went on with.
	if err := os.WriteFile(path, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	data, _ := recorded(t, path, 2)
	for size := 0; size <= len(data); size += 37 {
		check(data[:size])
	}
}

// TestForeignDamage checks that a file that may not be a recording is left alone.
func TestForeignDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.raw.gz")
	for _, extra := range []string{"", "BC\x0c\x00 another field", "RT\x0d\x00 another length"} {
		var out bytes.Buffer
		zip := gzip.NewWriter(&out)
		zip.Extra = []byte(extra)
		zip.Write([]byte(strings.Repeat(event+"\n", 3000)))
		zip.Close()
		data := out.Bytes()
		data[len(data)/2] ^= 0x55
		if err := checkRepair(t, path, data); err == nil || !strings.HasPrefix(err.Error(), "it is damaged: ") {
			t.Errorf("%q: %v", extra, err)
		}
	}
}

// TestReadsTheLastMember damages the first member, and checks that only the last one is
// read.
func TestReadsTheLastMember(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.raw.gz")
	data, _ := recorded(t, path, 4)
	at := bytes.LastIndex(data, []byte(tagID)) - tagAt
	for i := headerSize; i < at; i++ {
		data[i] = 'x'
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	w := open(t, path)
	send(w, event)
	closeWriter(t, w)
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := unzip(after[at:]); err != nil || !strings.HasSuffix(string(got), "\n"+event+"\n") || !strings.HasPrefix(string(got), `{"action":"event","payload":{"run":3,"flush":0,"n":0`) {
		t.Errorf("the last member: %v\n%.1000s", err, got)
	}
}

// TestMembers checks that a member ends after 16 MiB of text.
func TestMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "show.raw.gz")
		w := open(t, path)
		frame := `{"action":"event","payload":{"text":"` + strings.Repeat("x", 1<<20) + `"}}`
		for range 40 {
			send(w, frame)
			time.Sleep(time.Second)
		}
		closeWriter(t, w)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, tagOf(data)); n != 3 {
			t.Errorf("%d members", n)
		}
		want(t, path, strings.Split(strings.TrimSuffix(strings.Repeat(frame+"\n", 40), "\n"), "\n")...)
		checkWhole(t, path)
	})
}

// FuzzRepair damages the end of a recording: the last member, or anything in a
// file that another program made.
func FuzzRepair(f *testing.F) {
	data, _ := recorded(f, filepath.Join(f.TempDir(), "show.raw.gz"), 1)
	last := bytes.LastIndex(data, []byte(tagID)) - tagAt
	f.Add(false, uint16(0), []byte{}, []byte{})
	f.Add(false, uint16(500), []byte{0, 0, 0, 0}, []byte(flushMarker))
	f.Add(false, uint16(9000), zipped(event)[:40], zipped(event))
	f.Add(true, uint16(0), zipped(event), zipped(event)[:40])
	f.Fuzz(func(t *testing.T, foreign bool, size uint16, patch, end []byte) {
		damaged := bytes.Clone(data)
		if foreign {
			damaged = nil
		}
		damaged = damaged[:min(len(damaged), last+int(size))]
		damaged = append(damaged, patch...)
		if rest := last + int(size) + len(patch); !foreign && rest < len(data) {
			damaged = append(damaged, data[rest:]...)
		}
		damaged = append(damaged, end...)
		if tag := tagOf(damaged); tag != nil && bytes.Count(damaged, tag) > bytes.Count(data, tag) {
			return // nobody else knows the tag
		}
		checkRepair(t, filepath.Join(t.TempDir(), "show.raw.gz"), damaged)
	})
}

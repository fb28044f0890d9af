package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	date   = time.Date(2026, 5, 1, 19, 4, 10, 0, time.UTC)
	sample = []file{
		{"restail", []byte("\x7fELF and an odd number of bytes."), true},
		{"README.md", []byte("read me\n"), false},
		{"completions/_restail", []byte("#compdef restail\n"), false},
		{"scripts/recipes/a.sh", []byte("#!/bin/sh\n"), true},
		{"restail.1", []byte(".TH RESTAIL 1\n"), false},
		{"LICENSE", nil, false},
	}
)

// listed reads a tar.gz archive, one line a member.
func listed(t *testing.T, archive []byte) string {
	t.Helper()
	plain, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	if !plain.ModTime.IsZero() || plain.Name != "" {
		t.Errorf("gzip tells a time or a name: %v", plain.Header)
	}
	var out strings.Builder
	for r := tar.NewReader(plain); ; {
		h, err := r.Next()
		if err == io.EOF {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil || !h.ModTime.Equal(date) || h.Uid != 0 || h.Gid != 0 {
			t.Errorf("%s: %v, of %v and %d:%d", h.Name, err, h.ModTime, h.Uid, h.Gid)
		}
		fmt.Fprintf(&out, "%o %s %q\n", h.Mode, h.Name, content)
	}
}

const inTarball = `755 restail_1/ ""
644 restail_1/LICENSE ""
644 restail_1/README.md "read me\n"
755 restail_1/completions/ ""
644 restail_1/completions/_restail "#compdef restail\n"
755 restail_1/restail "\x7fELF and an odd number of bytes."
644 restail_1/restail.1 ".TH RESTAIL 1\n"
755 restail_1/scripts/ ""
755 restail_1/scripts/recipes/ ""
755 restail_1/scripts/recipes/a.sh "#!/bin/sh\n"
`

// TestArchives reads the archives back, and has the same bytes whatever the
// order of the files.
func TestArchives(t *testing.T) {
	backwards := slices.Clone(sample)
	slices.Reverse(backwards)
	for name, pack := range map[string]func([]file, time.Time) ([]byte, error){"tar": tarball, "zip": zipped} {
		one, err := pack(under("restail_1", sample), date)
		if err != nil {
			t.Fatal(err)
		}
		other, err := pack(under("restail_1", backwards), date.In(time.FixedZone("elsewhere", 3600)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one, other) {
			t.Errorf("%s: the order of the files or the time zone changes the archive", name)
		}
		if name == "tar" {
			if got := listed(t, one); got != inTarball {
				t.Errorf("the tarball has\n%s", got)
			}
			continue
		}
		r, err := zip.NewReader(bytes.NewReader(one), int64(len(one)))
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, f := range r.File {
			if !f.Modified.Equal(date) {
				t.Errorf("%s is of %v", f.Name, f.Modified)
			}
			fmt.Fprintf(&got, "%v %s\n", f.Mode(), f.Name)
		}
		if want := "-rwxr-xr-x restail_1/restail\n"; len(r.File) != len(sample) || !strings.Contains(got.String(), want) {
			t.Errorf("the zip has\n%s", &got)
		}
	}
}

// TestDebian takes a package apart as dpkg does.
func TestDebian(t *testing.T) {
	r := &release{version: "1.2.3-rc.1", date: date, common: sample[1:]}
	packed, err := r.debian("arm64", sample[0].content)
	if err != nil {
		t.Fatal(err)
	}
	rest, ok := bytes.CutPrefix(packed, []byte("!<arch>\n"))
	if !ok {
		t.Fatal("not an ar archive")
	}
	members := map[string][]byte{}
	var order []string
	for len(rest) > 0 {
		var name, mode string
		var stamp, owner, group, size int
		if _, err := fmt.Sscanf(string(rest[:60]), "%s %d %d %d %s %d `\n", &name, &stamp, &owner, &group, &mode, &size); err != nil {
			t.Fatalf("%q: %v", rest[:60], err)
		}
		if int64(stamp) != date.Unix() || owner != 0 || group != 0 || mode != "100644" {
			t.Errorf("a member begins with %q", rest[:60])
		}
		members[name], order = rest[60:60+size], append(order, name)
		rest = rest[60+size+size%2:]
	}
	if got := strings.Join(order, " "); got != "debian-binary control.tar.gz data.tar.gz" || string(members["debian-binary"]) != "2.0\n" {
		t.Errorf("members %s", got)
	}
	told := listed(t, members["control.tar.gz"])
	for _, want := range []string{
		`Version: 1.2.3~rc.1\nArchitecture: arm64\n`,
		`Installed-Size: 5\n`,
		`  usr/share/doc/restail/examples/a.sh\n`,
	} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not in\n%s", want, told)
		}
	}
	data := listed(t, members["data.tar.gz"])
	for _, want := range []string{
		"755 ./usr/bin/restail \"\\x7fELF",
		"755 ./usr/share/doc/restail/examples/a.sh ",
		"644 ./usr/share/doc/restail/README.md ",
		"644 ./usr/share/doc/restail/copyright ",
		"644 ./usr/share/man/man1/restail.1.gz \"\\x1f\\x8b",
		"644 ./usr/share/zsh/vendor-completions/_restail ",
	} {
		if !strings.Contains(data, want) {
			t.Errorf("%q is not in\n%s", want, data)
		}
	}
}

// TestVersions has the versions that a release may have.
func TestVersions(t *testing.T) {
	for version, good := range map[string]bool{
		"1.2.3": true, "0.1.0-rc.1": true, "10.20.30-beta": true,
		"": false, "1.2": false, "v1.2.3": false, "01.2.3": false, "1.2.3/../x": false, "1.2.3 ": false, "1.2.3+meta": false,
	} {
		if versions.MatchString(version) != good {
			t.Errorf("%q: good is %v", version, !good)
		}
	}
	for _, args := range [][]string{nil, {"1.2.3", "1.2.4"}, {"latest"}, {"vv1.2.3"}} {
		if err := start(args); err == nil || !strings.Contains(err.Error(), "which version") {
			t.Errorf("%q: %v", args, err)
		}
	}
}

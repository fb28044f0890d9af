// Command release builds what a release consists of, into dist: an archive for
// each system, packages for Debian and their checksums. scripts/release.sh
// starts it.
//
// Nothing that it writes depends on the machine: every time is that of the
// commit, every owner is root, and archives are written here rather than by
// tools that differ from system to system.
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// targets are what is built for.
var targets = []target{
	{"linux", "amd64"}, {"linux", "arm64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

const (
	// variables are what --version tells, without their names.
	variables = "github.com/restail/restail/cmd."
	dist      = "dist"
)

// versions are Semantic Versions: what Go, Debian and file names all take.
var versions = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$`)

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// target is a system that a binary is for, in Go's words.
type target struct{ system, machine string }

// release is what is built.
type release struct {
	version string // without a v
	commit  string
	date    time.Time // of the commit
	common  []file    // what every archive has
	files   []file    // for dist
}

func start(args []string) error {
	if len(args) != 1 || !versions.MatchString(strings.TrimPrefix(args[0], "v")) {
		return errors.New("which version? Call it as in scripts/release.sh 1.2.3")
	}
	r := &release{version: strings.TrimPrefix(args[0], "v")}
	for _, step := range []func() error{r.describe, r.document, r.build, r.sum, r.write} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// describe asks git for the commit, which has to be all that is there.
func (r *release) describe() error {
	changed, err := run(nil, "git", "status", "--porcelain")
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		return fmt.Errorf("this is not what is committed; commit it, or build in a clean clone:\n%s", changed)
	}
	shown, err := run(nil, "git", "show", "--no-patch", "--no-show-signature", "--format=%H %ct")
	if err != nil {
		return err
	}
	commit, stamp, _ := strings.Cut(strings.TrimSpace(string(shown)), " ")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || len(commit) < 12 {
		return fmt.Errorf("git show says %q", shown)
	}
	r.commit, r.date = commit[:12], time.Unix(seconds, 0).UTC()
	return nil
}

// document collects what every archive has beside the binary: pages of the
// repository, and those that the program prints about itself.
func (r *release) document() error {
	pages, err := filepath.Glob("scripts/recipes/*.sh")
	if err != nil {
		return err
	}
	for _, name := range append(pages, "CHANGELOG.md", "LICENSE", "README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		r.common = append(r.common, file{filepath.ToSlash(name), text, strings.HasSuffix(name, ".sh")})
	}
	folder, err := os.MkdirTemp("", "restail")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	host := filepath.Join(folder, "restail.exe")
	if _, err := run([]string{"CGO_ENABLED=0"}, "go", "build", "-o", host, "."); err != nil {
		return err
	}
	for name, args := range map[string][]string{
		"restail.1":                {"man"},
		"completions/restail.bash": {"completion", "bash"},
		"completions/_restail":     {"completion", "zsh"},
		"completions/restail.fish": {"completion", "fish"},
	} {
		// An empty home: no configuration of this machine's gets into a page.
		said, err := run([]string{"HOME=" + folder, "XDG_CONFIG_HOME=" + folder}, host, args...)
		if err != nil {
			return err
		}
		r.common = append(r.common, file{name, said, false})
	}
	return nil
}

// build makes the archive of each target, and the package where it has one.
func (r *release) build() error {
	for _, t := range targets {
		binary, err := r.compile(t)
		if err != nil {
			return err
		}
		fmt.Printf("%-8s %-6s %9d bytes\n", t.system, t.machine, len(binary))
		name := fmt.Sprintf("restail_%s_%s_%s", r.version, t.system, t.machine)
		pack, suffix, program := tarball, ".tar.gz", "restail"
		if t.system == "windows" {
			pack, suffix, program = zipped, ".zip", "restail.exe"
		}
		files := under(name, append(slices.Clone(r.common), file{program, binary, true}))
		archive, err := pack(files, r.date)
		if err != nil {
			return err
		}
		r.files = append(r.files, file{name + suffix, archive, false})
		if t.system != "linux" {
			continue
		}
		debian, err := r.debian(t.machine, binary)
		if err != nil {
			return err
		}
		r.files = append(r.files, file{fmt.Sprintf("restail_%s_%s.deb", r.version, t.machine), debian, false})
	}
	return nil
}

// compile returns the binary of a target.
func (r *release) compile(t target) ([]byte, error) {
	folder, err := os.MkdirTemp("", "restail")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	flags := "-s -w -buildid=" +
		" -X " + variables + "version=v" + r.version +
		" -X " + variables + "commit=" + r.commit +
		" -X " + variables + "date=" + r.date.Format(time.RFC3339)
	path := filepath.Join(folder, "restail")
	_, err = run([]string{"GOOS=" + t.system, "GOARCH=" + t.machine, "GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0"},
		"go", "build", "-trimpath", "-ldflags", flags, "-o", path, ".")
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// sum adds the checksums, in the form that sha256sum --check reads.
func (r *release) sum() error {
	slices.SortFunc(r.files, byName)
	var sums bytes.Buffer
	for _, f := range r.files {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(f.content), f.name)
	}
	r.files = append(r.files, file{"SHA256SUMS", sums.Bytes(), false})
	return nil
}

// write puts the release where an older one may be.
func (r *release) write() error {
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.Mkdir(dist, 0o755); err != nil {
		return err
	}
	for _, f := range r.files {
		if err := os.WriteFile(filepath.Join(dist, f.name), f.content, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s/%s\n", dist, f.name)
	}
	return nil
}

// run runs a command and returns what it wrote to stdout. Its environment is
// ours and environ.
func run(environ []string, name string, args ...string) ([]byte, error) {
	command := exec.Command(name, args...)
	command.Env = append(os.Environ(), environ...)
	command.Stderr = os.Stderr
	said, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return said, nil
}

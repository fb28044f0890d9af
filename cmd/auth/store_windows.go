package auth

import "io/fs"

// openSafely is nothing here: there are no FIFOs, and only an administrator can
// make symbolic links.
const openSafely = 0

// trusted is always true: the access control lists of the user's profile keep
// other users out.
func trusted(fs.FileInfo) bool { return true }

package file

import "github.com/portico-hq/portico/internal/fault"

// The faults of the area.
var (
	// ErrNotFound is returned for what does not exist, or no more.
	ErrNotFound = fault.New(fault.NotFound, "FILE_NOT_FOUND", "There is no such file.")
	// ErrAccess is returned to who may not do that.
	ErrAccess = fault.New(fault.Denied, "FILE_ACCESS_DENIED", "You may not do that with this file.")
	// ErrName is returned for a name of which nothing is left when it is cleaned.
	ErrName = fault.New(fault.Invalid, "FILE_NAME_INVALID", "Give the file a name.").At("name")
	// ErrNameTaken is returned where the folder has something of the same name.
	ErrNameTaken = fault.New(fault.Conflict, "FILE_NAME_TAKEN", "There is something of this name in the folder already.").At("name")
	// ErrTooLarge is returned for a file over the portal's limit.
	ErrTooLarge = fault.New(fault.TooLarge, "FILE_TOO_LARGE", "The file is too large.")
	// ErrNoSpace is returned where the portal's files would take more than they may.
	ErrNoSpace = fault.New(fault.TooLarge, "FILE_QUOTA_EXCEEDED", "The portal has no space left for files.")
	// ErrNoPreview is returned for what no preview can be made of.
	ErrNoPreview = fault.New(fault.NotFound, "FILE_NO_PREVIEW", "There is no preview of this file.")
	// ErrLink is returned for a link that was not made here, or is over.
	ErrLink = fault.New(fault.Denied, "FILE_LINK_INVALID", "This link is not valid any more.")
	// ErrUpload is returned for an upload that does not exist, or no more.
	ErrUpload = fault.New(fault.NotFound, "UPLOAD_NOT_FOUND", "There is no such upload.")
	// ErrManyUploads is returned to who has begun a hundred uploads and finished none.
	ErrManyUploads = fault.New(fault.TooLarge, "UPLOAD_TOO_MANY", "Too many uploads are under way. Finish or cancel some first.")
	// ErrOffset is returned for a part that does not begin where the upload has come to.
	ErrOffset = fault.New(fault.Conflict, "UPLOAD_OFFSET", "The part does not begin where the upload has come to.")
	// ErrPart is returned for a part that is empty, or too large, or goes past the end of its file.
	ErrPart = fault.New(fault.Invalid, "UPLOAD_PART", "The part is empty, too large, or goes past the end of the file.")
	// ErrLoop is returned for a folder that would be moved or copied into itself.
	ErrLoop = fault.New(fault.Conflict, "FOLDER_LOOP", "A folder cannot be put into itself.")
	// ErrRoot is returned for what cannot be done with the root folder of a storage.
	ErrRoot = fault.New(fault.Conflict, "FOLDER_ROOT", "That cannot be done with the root folder of a drive.")
	// ErrOtherStorage is returned for what would be moved into another storage.
	ErrOtherStorage = fault.New(fault.Conflict, "FILE_OTHER_STORAGE", "Between drives things are copied, not moved.")
	// ErrFolderTooLarge is returned for a folder that holds too much to be copied at once.
	ErrFolderTooLarge = fault.New(fault.TooLarge, "FOLDER_TOO_LARGE", "The folder holds more than 10,000 files and folders.")
	// ErrForeignVersion is returned for a version of another file.
	ErrForeignVersion = fault.New(fault.Conflict, "VERSION_FOREIGN", "That is a version of another file.")
	// ErrSound is returned for a duration or a wave that is none.
	ErrSound = fault.New(fault.Invalid, "FILE_SOUND_INVALID", "The duration or the wave of the sound is none.")
)

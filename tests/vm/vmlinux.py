"""Takes the kernel proper out of a bzImage (Documentation/x86/boot.rst of the kernel)."""

import lzma
import pathlib
import struct
import sys
import zlib

SETUP_SECTORS, SECTOR = 0x1F1, 512
PAYLOAD_OFFSET = 0x248  # payload_offset and payload_length, from where protected mode code begins
UNPACK = {b"\xfd7zXZ\0": lzma.LZMADecompressor, b"\x1f\x8b": lambda: zlib.decompressobj(31)}


def payload(image):
    start = ((image[SETUP_SECTORS] or 4) + 1) * SECTOR
    offset, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    return image[start + offset:start + offset + length]


def main(source, target):
    packed = payload(pathlib.Path(source).read_bytes())
    for magic, unpacker in UNPACK.items():
        if packed.startswith(magic):
            kernel = unpacker().decompress(packed)
            break
    else:
        sys.exit(f"{source} is packed in a way unknown here ({packed[:6].hex()})")
    if not kernel.startswith(b"\x7fELF"):
        sys.exit(f"{source} holds no ELF file")
    pathlib.Path(target).write_bytes(kernel)


main(*sys.argv[1:])

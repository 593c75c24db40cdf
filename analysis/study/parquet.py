"""Parquet files of a study, read with distrust: whole, and no larger unfolded than they seem."""

import hashlib
from pathlib import Path
from typing import Any


def opened(path: Path, checksum: str, most: int) -> Any:
    """Open a file that is whole, and does not unfold to more than it seems.

    Raises
    ------
    ValueError
        It is another file than its checksum says, is compressed, or has more rows than `most`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pa.memory_map(str(path)) as mapped:
        data = mapped.read_buffer()
    if hashlib.sha256(data).hexdigest() != checksum:
        raise ValueError("its checksum does not hold")
    file = pq.ParquetFile(pa.BufferReader(data))
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    if any(chunk.compression != "UNCOMPRESSED" for chunk in chunks):
        raise ValueError("it is compressed")
    size = sum(chunk.total_uncompressed_size for chunk in chunks)
    if file.metadata.num_rows > most or size > len(data):
        raise ValueError("it has too many rows")
    return file


def encoded(table: Any) -> bytes:
    """Return an Arrow table as the bytes of a file that `opened` takes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = pa.BufferOutputStream()
    pq.write_table(
        table,
        buffer,
        compression="none",  # reading is what must be fast, and noise hardly shrinks
        use_dictionary=["run"],
        write_statistics=False,
    )
    return buffer.getvalue().to_pybytes()  # type: ignore[no-any-return]  # pyarrow has no types

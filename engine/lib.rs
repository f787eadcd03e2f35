pub use wasmtime_c_api::*;

use wasmtime::{Enabled, PoolingAllocationConfig};

// What the C API keeps of a pool's configuration is that, and nothing else.
const _: () = assert!(
    size_of::<wasmtime_pooling_allocation_config_t>() == size_of::<PoolingAllocationConfig>()
        && align_of::<wasmtime_pooling_allocation_config_t>()
            == align_of::<PoolingAllocationConfig>()
);

/// Have a pool ask the kernel which pages of a used memory were written
/// (PAGEMAP_SCAN, Linux 6.7), and clear those by hand, as many as are kept
/// resident; the C API lacks it.  Returns whether the kernel can tell; where it
/// cannot, nothing changes.
///
/// # Safety
/// `c` is from `wasmtime_pooling_allocation_config_new` and used by nobody else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_pool_scan_pages(
    c: *mut wasmtime_pooling_allocation_config_t,
) -> bool {
    let can = PoolingAllocationConfig::is_pagemap_scan_available();
    if can {
        let config = unsafe { &mut *c.cast::<PoolingAllocationConfig>() };
        config.pagemap_scan(Enabled::Yes);
    }
    can
}

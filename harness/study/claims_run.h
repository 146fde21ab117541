/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of claims.c's rows, by what they test.
 */
#ifndef CLAIMS_RUN_H
#define CLAIMS_RUN_H

struct claim_lab;

/* claims_memory.c */
void claim_page_is_waste(struct claim_lab *lab);
void claim_genalloc_4mb(struct claim_lab *lab);
void claim_page_frag_16mb(struct claim_lab *lab);
void claim_page_frag_inefficient(struct claim_lab *lab);
void claim_slab_most_efficient(struct claim_lab *lab);
void claim_similar_lifetimes(struct claim_lab *lab);
void claim_genalloc_fixed(struct claim_lab *lab);

/* claims_load.c */
void claim_single_page(struct claim_lab *lab);
void claim_few_tables(struct claim_lab *lab);
void claim_rarely_freed(struct claim_lab *lab);
void claim_atomic_never_fails(struct claim_lab *lab);

/* claims_kernel.c */
void claim_page_frag_works(struct claim_lab *lab);
void claim_dma32_calls_fail(struct claim_lab *lab);
void claim_slub_debug(struct claim_lab *lab);

#endif /* CLAIMS_RUN_H */
